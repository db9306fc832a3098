import { literal, Name, reserved, sign, word } from "../lex/tokens.ts";
import type { Rule } from "../recover/recovering-parser.ts";
import { MemberGrammar } from "./member-grammar.ts";

/** What stands in a stage, and overrides. */
export abstract class EntryGrammar extends MemberGrammar {
  readonly entries: Rule = this.rule("entries", () => {
    this.sameLine(sign.LeftCurly);
    this.CONSUME(sign.LeftCurly);
    this.MANY({ GATE: () => this.isInside(), DEF: () => this.SUBRULE(this.entry) });
    this.CONSUME(sign.RightCurly);
  });

  readonly entry: Rule = this.rule("entry", () => {
    this.OR([
      { ALT: () => this.SUBRULE(this.setEntry) },
      { ALT: () => this.SUBRULE(this.dataEntry) },
      { ALT: () => this.SUBRULE(this.replaceEntry) },
      { ALT: () => this.SUBRULE(this.axisDef) },
      { ALT: () => this.SUBRULE(this.letDef) },
      { ALT: () => this.SUBRULE(this.freeze) },
      { ALT: () => this.SUBRULE(this.train) },
      { ALT: () => this.SUBRULE(this.decay) },
      { ALT: () => this.SUBRULE(this.adapt) },
      { ALT: () => this.SUBRULE(this.setting) },
      { ALT: () => this.SUBRULE(this.startEntry) },
      { ALT: () => this.SUBRULE(this.optimizer) },
      { ALT: () => this.SUBRULE(this.batch) },
      { ALT: () => this.SUBRULE(this.precision) },
      { ALT: () => this.SUBRULE(this.memory) },
      { ALT: () => this.SUBRULE(this.loss) },
      { ALT: () => this.SUBRULE(this.watch) },
      { ALT: () => this.SUBRULE(this.phase) },
    ]);
  });

  readonly setEntry: Rule = this.rule("setEntry", () => {
    this.CONSUME(word.set);
    this.SUBRULE(this.path);
    this.OR([{ ALT: () => this.CONSUME(sign.Equal) }, { ALT: () => this.CONSUME(reserved.in) }]);
    this.SUBRULE(this.expr);
    this.OPTION(() => this.SUBRULE(this.upTo));
  });

  readonly upTo: Rule = this.rule("upTo", () => {
    this.sameLine(word.to);
    this.CONSUME(word.to);
    this.SUBRULE(this.expr);
    this.OPTION(() => {
      this.sameLine(word.log);
      this.CONSUME(word.log);
    });
  });

  readonly dataEntry: Rule = this.rule("dataEntry", () => {
    this.CONSUME(word.data);
    this.SUBRULE(this.dataSet);
    this.MANY(() => {
      this.CONSUME(sign.Comma);
      this.SUBRULE1(this.dataSet);
    });
  });

  readonly dataSet: Rule = this.rule("dataSet", () => {
    this.CONSUME(literal.String);
    this.OPTION(() => {
      this.sameLine(word.weight);
      this.CONSUME(word.weight);
      this.SUBRULE(this.expr);
    });
  });

  readonly replaceEntry: Rule = this.rule("replaceEntry", () => {
    this.CONSUME(word.replace);
    this.SUBRULE(this.path);
    this.OR([
      {
        ALT: () => {
          this.CONSUME(word.with);
          this.SUBRULE(this.part);
        },
      },
      {
        ALT: () => {
          this.CONSUME(reserved.in);
          this.CONSUME(sign.LeftSquare);
          this.SUBRULE(this.parts);
          this.CONSUME(sign.RightSquare);
        },
      },
    ]);
  });

  readonly parts: Rule = this.rule("parts", () => {
    this.SUBRULE(this.part);
    this.MANY(() => {
      this.CONSUME(sign.Comma);
      this.SUBRULE1(this.part);
    });
  });

  readonly freeze: Rule = this.rule("freeze", () => {
    this.CONSUME(word.freeze);
    this.SUBRULE(this.group);
  });

  readonly group: Rule = this.rule("group", () => {
    this.OR([
      {
        GATE: () => this.next(reserved.else, 2),
        ALT: () => {
          this.CONSUME(word.everything);
          this.CONSUME(reserved.else);
        },
      },
      { ALT: () => this.SUBRULE(this.paths), IGNORE_AMBIGUITIES: true },
    ]);
  });

  readonly train: Rule = this.rule("train", () => {
    this.CONSUME(word.train);
    this.SUBRULE(this.group);
    this.CONSUME(word.at);
    this.SUBRULE(this.trainSetting);
    this.MANY(() => {
      this.CONSUME(sign.Comma);
      this.SUBRULE1(this.trainSetting);
    });
  });

  readonly trainSetting: Rule = this.rule("trainSetting", () => {
    this.CONSUME(Name);
    this.SUBRULE(this.expr);
  });

  readonly decay: Rule = this.rule("decay", () => {
    this.CONSUME(word.decay);
    this.SUBRULE(this.expr);
    this.OPTION(() => {
      this.CONSUME(reserved.for);
      this.SUBRULE(this.paths);
    });
    this.OPTION1(() => {
      this.CONSUME(word.except);
      this.SUBRULE(this.exceptions);
    });
  });

  readonly exceptions: Rule = this.rule("exceptions", () => {
    this.SUBRULE(this.paths);
  });

  readonly adapt: Rule = this.rule("adapt", () => {
    this.CONSUME(word.adapt);
    this.SUBRULE(this.paths);
    this.CONSUME(word.with);
    this.CONSUME(Name);
    this.SUBRULE(this.args);
  });

  readonly setting: Rule = this.rule("setting", () => {
    this.OR([
      { ALT: () => this.CONSUME(word.schedule) },
      { ALT: () => this.CONSUME(word.steps) },
      { ALT: () => this.CONSUME(word.epochs) },
      { ALT: () => this.CONSUME(word.clip) },
      { ALT: () => this.CONSUME(word.ema) },
    ]);
    this.SUBRULE(this.expr);
  });

  readonly startEntry: Rule = this.rule("startEntry", () => {
    this.CONSUME(word.start);
    this.SUBRULE(this.expr);
    this.OPTION(() => {
      this.CONSUME(reserved.for);
      this.SUBRULE(this.paths);
    });
  });

  readonly optimizer: Rule = this.rule("optimizer", () => {
    this.CONSUME(word.optimizer);
    this.SUBRULE(this.part);
  });

  readonly batch: Rule = this.rule("batch", () => {
    this.CONSUME(word.batch);
    this.SUBRULE(this.expr);
    this.OPTION(() => {
      this.CONSUME(word.by);
      this.SUBRULE1(this.expr);
    });
  });

  readonly precision: Rule = this.rule("precision", () => {
    this.CONSUME(word.precision);
    this.SUBRULE(this.role);
    this.MANY(() => {
      this.CONSUME(sign.Comma);
      this.SUBRULE1(this.role);
    });
    this.OPTION(() => {
      this.CONSUME(reserved.for);
      this.SUBRULE(this.paths);
    });
  });

  readonly role: Rule = this.rule("role", () => {
    this.CONSUME(Name);
    this.CONSUME1(Name);
  });

  readonly memory: Rule = this.rule("memory", () => {
    this.CONSUME(word.memory);
    this.CONSUME(word.within);
    this.SUBRULE(this.expr);
    this.CONSUME(Name);
  });

  readonly loss: Rule = this.rule("loss", () => {
    this.CONSUME(word.loss);
    this.SUBRULE(this.block);
  });

  readonly watch: Rule = this.rule("watch", () => {
    this.CONSUME(word.watch);
    this.SUBRULE(this.names);
  });

  readonly phase: Rule = this.rule("phase", () => {
    this.CONSUME(word.phase);
    this.CONSUME(Name);
    this.CONSUME(word.until);
    this.CONSUME1(Name);
    this.SUBRULE(this.expr, { ARGS: [true] });
    this.SUBRULE(this.entries);
  });
}
