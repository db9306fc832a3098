import { Name, reserved, sign, word } from "../lex/tokens.ts";
import type { Rule } from "../recover/recovering-parser.ts";
import { ExpressionGrammar } from "./expression-grammar.ts";

/** What stands in a module, model or interface. */
export abstract class MemberGrammar extends ExpressionGrammar {
  readonly part: Rule = this.rule("part", () => {
    this.CONSUME(Name);
    this.OPTION(() => this.SUBRULE(this.axesArg));
    this.OPTION1(() => this.SUBRULE(this.args));
    this.OPTION2(() => {
      this.CONSUME(word.with);
      this.SUBRULE(this.path);
      this.CONSUME(sign.Equal);
      this.SUBRULE(this.part);
    });
  });

  readonly axesArg: Rule = this.rule("axesArg", () => {
    this.CONSUME(sign.Less);
    this.SUBRULE(this.axisArg);
    this.MANY(() => {
      this.CONSUME(sign.Comma);
      this.SUBRULE1(this.axisArg);
    });
    this.CONSUME(sign.Greater);
  });

  readonly axisArg: Rule = this.rule("axisArg", () => {
    this.OPTION({
      GATE: () => this.next(sign.Equal, 2),
      DEF: () => {
        this.CONSUME(Name);
        this.CONSUME(sign.Equal);
      },
    });
    this.SUBRULE(this.axis);
  });

  readonly formals: Rule = this.rule("formals", () => {
    this.CONSUME(sign.Less);
    this.SUBRULE(this.formal);
    this.MANY(() => {
      this.CONSUME(sign.Comma);
      this.SUBRULE1(this.formal);
    });
    this.CONSUME(sign.Greater);
  });

  readonly formal: Rule = this.rule("formal", () => {
    this.CONSUME(Name);
    this.OPTION(() => {
      this.CONSUME(sign.Equal);
      this.SUBRULE(this.axis);
    });
  });

  readonly where: Rule = this.rule("where", () => {
    this.CONSUME(word.where);
    this.SUBRULE(this.expr, { ARGS: [true] });
    this.MANY(() => {
      this.CONSUME(sign.Comma);
      this.SUBRULE1(this.expr, { ARGS: [true] });
    });
  });

  readonly condition: Rule = this.rule("condition", () => {
    this.CONSUME(reserved.if);
    this.SUBRULE(this.expr, { ARGS: [true] });
  });

  readonly members: Rule = this.rule("members", () => {
    this.sameLine(sign.LeftCurly);
    this.CONSUME(sign.LeftCurly);
    this.MANY({ GATE: () => this.isInside(), DEF: () => this.SUBRULE(this.member) });
    this.CONSUME(sign.RightCurly);
  });

  readonly member: Rule = this.rule("member", () => {
    this.OR([
      { ALT: () => this.SUBRULE(this.axisDef) },
      { ALT: () => this.SUBRULE(this.letDef) },
      { ALT: () => this.SUBRULE(this.useDef) },
      { ALT: () => this.SUBRULE(this.slotDef) },
      { ALT: () => this.SUBRULE(this.repeat) },
      { ALT: () => this.SUBRULE(this.storage) },
      { ALT: () => this.SUBRULE(this.typeDef) },
      { ALT: () => this.SUBRULE(this.fnDef) },
      { ALT: () => this.SUBRULE(this.mode) },
    ]);
  });

  readonly useDef: Rule = this.rule("useDef", () => {
    this.CONSUME(word.use);
    this.SUBRULE(this.paths);
    this.CONSUME(sign.Equal);
    this.SUBRULE(this.part);
    this.OPTION(() => this.SUBRULE(this.condition));
  });

  readonly slotDef: Rule = this.rule("slotDef", () => {
    this.CONSUME(word.slot);
    this.SUBRULE(this.path);
    this.CONSUME(sign.Colon);
    this.CONSUME(Name);
    this.OPTION(() => this.SUBRULE(this.axesArg));
    this.CONSUME(sign.Equal);
    this.SUBRULE(this.part);
    this.OPTION1(() => this.SUBRULE(this.condition));
  });

  readonly repeat: Rule = this.rule("repeat", () => {
    this.CONSUME(word.repeat);
    this.CONSUME(Name);
    this.CONSUME(reserved.in);
    this.SUBRULE(this.expr, { ARGS: [true] });
    this.CONSUME(sign.DotDot);
    this.SUBRULE1(this.expr, { ARGS: [true] });
    this.SUBRULE(this.members);
  });

  readonly storage: Rule = this.rule("storage", () => {
    this.OR([
      { ALT: () => this.CONSUME(word.param) },
      { ALT: () => this.CONSUME(word.buffer) },
      { ALT: () => this.CONSUME(word.state) },
    ]);
    this.SUBRULE(this.paths);
    this.CONSUME(sign.Colon);
    this.SUBRULE(this.type);
    this.CONSUME(sign.Equal);
    this.SUBRULE(this.expr, { ARGS: [true] });
    this.OPTION(() => this.SUBRULE(this.condition));
  });

  readonly typeDef: Rule = this.rule("typeDef", () => {
    this.CONSUME(word.type);
    this.CONSUME(Name);
    this.CONSUME(sign.Equal);
    this.SUBRULE(this.type);
  });

  readonly fnDef: Rule = this.rule("fnDef", () => {
    this.CONSUME(word.fn);
    this.CONSUME(Name);
    this.SUBRULE(this.signature);
    this.SUBRULE(this.block);
  });

  readonly signature: Rule = this.rule("signature", () => {
    this.sameLine(sign.LeftCurly);
    this.OPTION(() => this.SUBRULE(this.braces));
    this.SUBRULE(this.call);
  });

  readonly call: Rule = this.rule("call", () => {
    this.SUBRULE(this.paramList);
    this.CONSUME(sign.Arrow);
    this.SUBRULE(this.result);
    this.OPTION(() => this.SUBRULE(this.where));
  });

  readonly result: Rule = this.rule("result", () => {
    this.OR([
      { ALT: () => this.SUBRULE(this.type) },
      {
        ALT: () => {
          this.CONSUME(sign.LeftParen);
          this.SUBRULE(this.results);
          this.CONSUME(sign.RightParen);
        },
      },
    ]);
  });

  readonly results: Rule = this.rule("results", () => {
    this.SUBRULE(this.resultEntry);
    this.MANY(() => {
      this.CONSUME(sign.Comma);
      this.SUBRULE1(this.resultEntry);
    });
  });

  readonly resultEntry: Rule = this.rule("resultEntry", () => {
    this.CONSUME(Name);
    this.CONSUME(sign.Colon);
    this.SUBRULE(this.type);
  });

  readonly mode: Rule = this.rule("mode", () => {
    this.CONSUME(word.mode);
    this.CONSUME(Name);
    this.OR([
      { ALT: () => this.SUBRULE(this.steps) },
      {
        ALT: () => {
          this.SUBRULE(this.call);
          this.SUBRULE(this.block);
        },
      },
    ]);
  });

  readonly steps: Rule = this.rule("steps", () => {
    this.sameLine(sign.LeftCurly);
    this.CONSUME(sign.LeftCurly);
    this.SUBRULE(this.step);
    this.MANY({ GATE: () => this.isInside(), DEF: () => this.SUBRULE1(this.step) });
    this.CONSUME(sign.RightCurly);
  });

  readonly step: Rule = this.rule("step", () => {
    this.CONSUME(word.step);
    this.CONSUME(Name);
    this.SUBRULE(this.call);
    this.SUBRULE(this.block);
  });

  /** What an interface lists. */
  readonly promises: Rule = this.rule("promises", () => {
    this.sameLine(sign.LeftCurly);
    this.CONSUME(sign.LeftCurly);
    this.MANY({ GATE: () => this.isInside(), DEF: () => this.SUBRULE(this.promise) });
    this.CONSUME(sign.RightCurly);
  });

  readonly promise: Rule = this.rule("promise", () => {
    this.OR([
      {
        ALT: () => {
          this.CONSUME(reserved.axis);
          this.CONSUME(Name);
        },
      },
      {
        ALT: () => {
          this.CONSUME(word.fn);
          this.CONSUME1(Name);
          this.SUBRULE(this.signature);
        },
      },
    ]);
  });
}
