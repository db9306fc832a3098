import type { CstNode, IRecognitionException, IToken } from "chevrotain";
import type { Brackets } from "../lex/brackets.ts";
import { literal, Name, sign, word } from "../lex/tokens.ts";
import type { ParserOptions, Problem, Rule } from "../recover/recovering-parser.ts";
import { TrialGrammar } from "./trial-grammar.ts";

export interface ParsedTokens {
  readonly tokens: readonly IToken[];
  readonly cst: CstNode;
  readonly problems: readonly Problem[];
  readonly errors: readonly IRecognitionException[];
  readonly brackets: Brackets;
}

/** The whole grammar: imports and items on top of the layers below. */
export class WeftParser extends TrialGrammar {
  constructor(options: ParserOptions = {}) {
    super(options);
    this.performSelfAnalysis();
  }

  parseTokens(tokens: readonly IToken[]): ParsedTokens {
    this.start(tokens);
    const cst = this.file();
    return { tokens, cst, problems: this.problems, errors: this.errors, brackets: this.brackets };
  }

  /** An import after an item is read here and reported when the tree is built. */
  readonly file: Rule = this.rule("file", () => {
    this.MANY(() => this.SUBRULE(this.item));
  });

  readonly item: Rule = this.rule("item", () => {
    this.OR([
      { ALT: () => this.SUBRULE(this.import) },
      { ALT: () => this.SUBRULE(this.module) },
      { ALT: () => this.SUBRULE(this.interface) },
      { ALT: () => this.SUBRULE(this.fnDef) },
      { ALT: () => this.SUBRULE(this.stage) },
      { ALT: () => this.SUBRULE(this.experiment) },
      { ALT: () => this.SUBRULE(this.weights) },
    ]);
  });

  readonly import: Rule = this.rule("import", () => {
    this.CONSUME(word.import);
    this.CONSUME(sign.LeftCurly);
    this.SUBRULE(this.names);
    this.CONSUME(sign.RightCurly);
    this.CONSUME(word.from);
    this.CONSUME(literal.String);
  });

  readonly module: Rule = this.rule("module", () => {
    this.OR([{ ALT: () => this.CONSUME(word.module) }, { ALT: () => this.CONSUME(word.model) }]);
    this.CONSUME(Name);
    this.OR1([
      {
        ALT: () => {
          this.CONSUME(sign.Equal);
          this.SUBRULE(this.part);
        },
      },
      {
        ALT: () => {
          this.OPTION(() => this.SUBRULE(this.formals));
          this.OPTION1(() => this.SUBRULE(this.paramList));
          this.OPTION2(() => this.SUBRULE(this.where));
          this.SUBRULE(this.members);
        },
      },
    ]);
  });

  readonly interface: Rule = this.rule("interface", () => {
    this.CONSUME(word.interface);
    this.CONSUME(Name);
    this.OPTION(() => this.SUBRULE(this.formals));
    this.OPTION1(() => this.SUBRULE(this.paramList));
    this.SUBRULE(this.promises);
  });

  readonly stage: Rule = this.rule("stage", () => {
    this.CONSUME(word.stage);
    this.CONSUME(Name);
    this.CONSUME(word.of);
    this.CONSUME1(Name);
    this.SUBRULE(this.paramList);
    this.SUBRULE(this.entries);
  });

  readonly experiment: Rule = this.rule("experiment", () => {
    this.CONSUME(word.experiment);
    this.CONSUME(Name);
    this.OR([
      {
        ALT: () => {
          this.CONSUME(word.of);
          this.CONSUME1(Name);
          this.OPTION(() => this.SUBRULE(this.extension));
        },
      },
      { ALT: () => this.SUBRULE1(this.extension) },
    ]);
    this.SUBRULE(this.trials);
  });

  readonly extension: Rule = this.rule("extension", () => {
    this.CONSUME(word.extends);
    this.CONSUME(Name);
  });

  readonly weights: Rule = this.rule("weights", () => {
    this.CONSUME(word.weights);
    this.CONSUME(Name);
    this.CONSUME(word.of);
    this.CONSUME1(Name);
    this.SUBRULE(this.mappings);
  });

  readonly mappings: Rule = this.rule("mappings", () => {
    this.sameLine(sign.LeftCurly);
    this.CONSUME(sign.LeftCurly);
    this.MANY({ GATE: () => this.isInside(), DEF: () => this.SUBRULE(this.mapping) });
    this.CONSUME(sign.RightCurly);
  });

  readonly mapping: Rule = this.rule("mapping", () => {
    this.OR([
      { ALT: () => this.SUBRULE(this.prefix) },
      { ALT: () => this.SUBRULE(this.config) },
      { ALT: () => this.SUBRULE(this.map) },
      { ALT: () => this.SUBRULE(this.tie) },
      { ALT: () => this.SUBRULE(this.ignore) },
      { ALT: () => this.SUBRULE(this.initialise) },
      { ALT: () => this.SUBRULE(this.resample) },
    ]);
  });

  readonly prefix: Rule = this.rule("prefix", () => {
    this.CONSUME(word.prefix);
    this.CONSUME(literal.String);
  });

  readonly config: Rule = this.rule("config", () => {
    this.CONSUME(word.config);
    this.CONSUME(literal.String);
    this.SUBRULE(this.settings);
  });

  readonly settings: Rule = this.rule("settings", () => {
    this.sameLine(sign.LeftCurly);
    this.CONSUME(sign.LeftCurly);
    this.MANY({ GATE: () => this.isInside(), DEF: () => this.SUBRULE(this.configSetting) });
    this.CONSUME(sign.RightCurly);
  });

  readonly configSetting: Rule = this.rule("configSetting", () => {
    this.SUBRULE(this.path);
    this.CONSUME(sign.Equal);
    this.SUBRULE(this.expr);
  });

  readonly map: Rule = this.rule("map", () => {
    this.CONSUME(word.map);
    this.SUBRULE(this.path);
    this.CONSUME(sign.Equal);
    this.SUBRULE(this.expr);
  });

  readonly tie: Rule = this.rule("tie", () => {
    this.CONSUME(word.tie);
    this.SUBRULE(this.path);
    this.CONSUME(sign.Equal);
    this.SUBRULE1(this.path);
  });

  readonly ignore: Rule = this.rule("ignore", () => {
    this.CONSUME(word.ignore);
    this.CONSUME(literal.String);
    this.MANY(() => {
      this.CONSUME(sign.Comma);
      this.CONSUME1(literal.String);
    });
  });

  readonly initialise: Rule = this.rule("initialise", () => {
    this.CONSUME(word.initialise);
    this.SUBRULE(this.paths);
  });

  readonly resample: Rule = this.rule("resample", () => {
    this.CONSUME(word.resample);
    this.SUBRULE(this.path);
    this.CONSUME(word.over);
    this.SUBRULE(this.paths);
    this.CONSUME(word.with);
    this.CONSUME(Name);
  });
}
