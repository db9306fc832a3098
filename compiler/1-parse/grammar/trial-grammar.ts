import { Name, reserved, sign, word } from "../lex/tokens.ts";
import type { Rule } from "../recover/recovering-parser.ts";
import { EntryGrammar } from "./entry-grammar.ts";

/** What stands in an experiment. */
export abstract class TrialGrammar extends EntryGrammar {
  readonly trials: Rule = this.rule("trials", () => {
    this.sameLine(sign.LeftCurly);
    this.CONSUME(sign.LeftCurly);
    this.MANY({ GATE: () => this.isInside(), DEF: () => this.SUBRULE(this.trial) });
    this.CONSUME(sign.RightCurly);
  });

  readonly trial: Rule = this.rule("trial", () => {
    this.OR([
      { ALT: () => this.SUBRULE(this.setEntry) },
      { ALT: () => this.SUBRULE(this.dataEntry) },
      { ALT: () => this.SUBRULE(this.replaceEntry) },
      { ALT: () => this.SUBRULE(this.caseTrial) },
      { ALT: () => this.SUBRULE(this.pairTrial) },
      { ALT: () => this.SUBRULE(this.whereTrial) },
      { ALT: () => this.SUBRULE(this.baselineTrial) },
      { ALT: () => this.SUBRULE(this.sampleTrial) },
      { ALT: () => this.SUBRULE(this.halveTrial) },
      { ALT: () => this.SUBRULE(this.startTrial) },
      { ALT: () => this.SUBRULE(this.seeds) },
      { ALT: () => this.SUBRULE(this.run) },
      { ALT: () => this.SUBRULE(this.measure) },
      { ALT: () => this.SUBRULE(this.report) },
    ]);
  });

  readonly caseTrial: Rule = this.rule("caseTrial", () => {
    this.CONSUME(word.case);
    this.CONSUME(Name);
    this.SUBRULE(this.overrides);
  });

  readonly pairTrial: Rule = this.rule("pairTrial", () => {
    this.CONSUME(word.pair);
    this.SUBRULE(this.overrides);
  });

  readonly whereTrial: Rule = this.rule("whereTrial", () => {
    this.CONSUME(word.where);
    this.SUBRULE(this.expr, { ARGS: [true] });
  });

  readonly baselineTrial: Rule = this.rule("baselineTrial", () => {
    this.CONSUME(word.baseline);
    this.OR([{ ALT: () => this.SUBRULE(this.overrides) }, { ALT: () => this.CONSUME(Name) }]);
  });

  readonly sampleTrial: Rule = this.rule("sampleTrial", () => {
    this.CONSUME(word.sample);
    this.SUBRULE(this.expr);
    this.CONSUME(word.by);
    this.CONSUME(Name);
    this.SUBRULE(this.args);
  });

  readonly halveTrial: Rule = this.rule("halveTrial", () => {
    this.CONSUME(word.halve);
    this.CONSUME(word.by);
    this.SUBRULE(this.expr);
    this.CONSUME(word.from);
    this.SUBRULE1(this.expr);
    this.CONSUME(word.steps);
    this.CONSUME(word.on);
    this.SUBRULE(this.path);
  });

  readonly overrides: Rule = this.rule("overrides", () => {
    this.sameLine(sign.LeftCurly);
    this.CONSUME(sign.LeftCurly);
    this.MANY({ GATE: () => this.isInside(), DEF: () => this.SUBRULE(this.override) });
    this.CONSUME(sign.RightCurly);
  });

  readonly override: Rule = this.rule("override", () => {
    this.OR([
      { ALT: () => this.SUBRULE(this.setEntry) },
      { ALT: () => this.SUBRULE(this.dataEntry) },
      { ALT: () => this.SUBRULE(this.replaceEntry) },
    ]);
  });

  readonly startTrial: Rule = this.rule("startTrial", () => {
    this.CONSUME(word.start);
    this.SUBRULE(this.expr);
  });

  readonly seeds: Rule = this.rule("seeds", () => {
    this.CONSUME(word.seeds);
    this.SUBRULE(this.expr, { ARGS: [true] });
    this.CONSUME(sign.DotDot);
    this.SUBRULE1(this.expr, { ARGS: [true] });
  });

  readonly run: Rule = this.rule("run", () => {
    this.CONSUME(word.run);
    this.SUBRULE(this.path);
    this.OPTION(() => {
      this.CONSUME(reserved.for);
      this.SUBRULE(this.expr);
      this.SUBRULE(this.runUnit);
    });
  });

  readonly runUnit: Rule = this.rule("runUnit", () => {
    this.OR([
      { ALT: () => this.CONSUME(word.steps) },
      { ALT: () => this.CONSUME(word.minutes) },
      { ALT: () => this.CONSUME(word.flops) },
    ]);
  });

  readonly measure: Rule = this.rule("measure", () => {
    this.CONSUME(word.measure);
    this.CONSUME(Name);
    this.CONSUME(sign.Equal);
    this.SUBRULE(this.expr);
  });

  readonly report: Rule = this.rule("report", () => {
    this.CONSUME(word.report);
    this.SUBRULE(this.expr);
  });
}
