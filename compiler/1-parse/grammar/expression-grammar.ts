import { binaryOperators, literal, Name, reserved, sign, word } from "../lex/tokens.ts";
import type { Rule } from "../recover/recovering-parser.ts";
import { AxisGrammar } from "./axis-grammar.ts";

/** Expressions, parameters and blocks. A braceless expression stands where `{` opens a block. */
export abstract class ExpressionGrammar extends AxisGrammar {
  readonly expr: Rule<[braceless?: boolean | undefined]> = this.rule(
    "expr",
    (braceless?: boolean) => {
      this.SUBRULE(this.unary, { ARGS: [braceless] });
      this.MANY({
        GATE: () => !(this.next(sign.Minus) && this.startsLine()),
        DEF: () => {
          this.SUBRULE(this.operator);
          this.SUBRULE1(this.unary, { ARGS: [braceless] });
        },
      });
    },
  );

  readonly operator: Rule = this.rule("operator", () => {
    this.OR(binaryOperators.map((operator) => ({ ALT: () => this.CONSUME(operator) })));
  });

  readonly unary: Rule<[braceless?: boolean | undefined]> = this.rule(
    "unary",
    (braceless?: boolean) => {
      this.MANY(() => this.SUBRULE(this.sign));
      this.SUBRULE(this.postfix, { ARGS: [braceless] });
    },
  );

  readonly sign: Rule = this.rule("sign", () => {
    this.OR([{ ALT: () => this.CONSUME(sign.Minus) }, { ALT: () => this.CONSUME(reserved.not) }]);
  });

  readonly postfix: Rule<[braceless?: boolean | undefined]> = this.rule(
    "postfix",
    (braceless?: boolean) => {
      this.SUBRULE(this.primary);
      this.MANY({
        GATE: () => this.#isSuffix(braceless === true),
        DEF: () => {
          this.sameLine(sign.LeftCurly);
          this.SUBRULE(this.suffix);
        },
      });
    },
  );

  /** `{` on a new line begins nothing else, so it is read as a suffix and reported. */
  #isSuffix(braceless: boolean): boolean {
    if (this.next(sign.LeftCurly)) return !braceless;
    return this.next(sign.Dot) || !this.startsLine();
  }

  readonly suffix: Rule = this.rule("suffix", () => {
    this.OR([
      {
        ALT: () => {
          this.CONSUME(sign.Dot);
          this.CONSUME(Name);
        },
      },
      {
        ALT: () => {
          this.CONSUME(sign.LeftSquare);
          this.SUBRULE(this.index);
          this.CONSUME(sign.RightSquare);
        },
      },
      { ALT: () => this.SUBRULE(this.braces) },
      { ALT: () => this.SUBRULE(this.args) },
    ]);
  });

  readonly args: Rule = this.rule("args", () => {
    this.sameLine(sign.LeftParen);
    this.CONSUME(sign.LeftParen);
    this.SUBRULE(this.arguments);
    this.CONSUME(sign.RightParen);
  });

  readonly arguments: Rule = this.rule("arguments", () => {
    this.OPTION(() => {
      this.SUBRULE(this.argument);
      this.MANY(() => {
        this.CONSUME(sign.Comma);
        this.SUBRULE1(this.argument);
      });
    });
  });

  readonly argument: Rule = this.rule("argument", () => {
    this.OPTION({
      GATE: () => this.next(sign.Colon, 2),
      DEF: () => {
        this.CONSUME(Name);
        this.CONSUME(sign.Colon);
      },
    });
    this.SUBRULE(this.expr);
  });

  readonly primary: Rule = this.rule("primary", () => {
    this.OR([
      ...Object.values(literal).map((type) => ({ ALT: () => this.CONSUME(type) })),
      { ALT: () => this.CONSUME(reserved.true) },
      { ALT: () => this.CONSUME(reserved.false) },
      { ALT: () => this.CONSUME(reserved.none) },
      { ALT: () => this.CONSUME(Name) },
      { ALT: () => this.SUBRULE(this.ifElse) },
      {
        ALT: () => {
          this.CONSUME(sign.LeftParen);
          this.SUBRULE(this.values);
          this.CONSUME(sign.RightParen);
        },
      },
      {
        ALT: () => {
          this.CONSUME(sign.LeftSquare);
          this.OPTION({
            GATE: () => !this.next(sign.RightSquare),
            DEF: () => this.SUBRULE1(this.values),
          });
          this.CONSUME(sign.RightSquare);
        },
      },
    ]);
  });

  readonly values: Rule = this.rule("values", () => {
    this.SUBRULE(this.expr);
    this.MANY(() => {
      this.CONSUME(sign.Comma);
      this.SUBRULE1(this.expr);
    });
  });

  readonly ifElse: Rule = this.rule("ifElse", () => {
    this.CONSUME(reserved.if);
    this.SUBRULE(this.expr, { ARGS: [true] });
    this.SUBRULE(this.block);
    this.OPTION(() => {
      this.CONSUME(reserved.else);
      this.OR([{ ALT: () => this.SUBRULE1(this.block) }, { ALT: () => this.SUBRULE(this.ifElse) }]);
    });
  });

  readonly block: Rule = this.rule("block", () => {
    this.sameLine(sign.LeftCurly);
    this.CONSUME(sign.LeftCurly);
    this.MANY({ GATE: () => this.isInside(), DEF: () => this.SUBRULE(this.statement) });
    this.CONSUME(sign.RightCurly);
  });

  readonly statement: Rule = this.rule("statement", () => {
    this.OR([
      { ALT: () => this.SUBRULE(this.axisDef) },
      { ALT: () => this.SUBRULE(this.letDef) },
      { ALT: () => this.SUBRULE(this.forLoop) },
      {
        GATE: () => this.next(sign.Equal, 2) || this.next(sign.Store, 2),
        ALT: () => this.SUBRULE(this.assignment),
      },
      { ALT: () => this.SUBRULE(this.expr), IGNORE_AMBIGUITIES: true },
    ]);
  });

  readonly letDef: Rule = this.rule("letDef", () => {
    this.CONSUME(reserved.let);
    this.SUBRULE(this.names);
    this.CONSUME(sign.Equal);
    this.SUBRULE(this.expr);
  });

  readonly forLoop: Rule = this.rule("forLoop", () => {
    this.CONSUME(reserved.for);
    this.CONSUME(Name);
    this.CONSUME(reserved.in);
    this.SUBRULE(this.expr, { ARGS: [true] });
    this.OPTION(() => {
      this.CONSUME(sign.DotDot);
      this.SUBRULE1(this.expr, { ARGS: [true] });
    });
    this.SUBRULE(this.block);
  });

  readonly assignment: Rule = this.rule("assignment", () => {
    this.CONSUME(Name);
    this.OR([{ ALT: () => this.CONSUME(sign.Equal) }, { ALT: () => this.CONSUME(sign.Store) }]);
    this.SUBRULE(this.expr);
  });

  readonly paramList: Rule = this.rule("paramList", () => {
    this.sameLine(sign.LeftParen);
    this.CONSUME(sign.LeftParen);
    this.SUBRULE(this.params);
    this.CONSUME(sign.RightParen);
  });

  readonly params: Rule = this.rule("params", () => {
    this.OPTION(() => {
      this.SUBRULE(this.param);
      this.MANY(() => {
        this.CONSUME(sign.Comma);
        this.SUBRULE1(this.param);
      });
    });
  });

  readonly param: Rule = this.rule("param", () => {
    this.CONSUME(Name);
    this.CONSUME(sign.Colon);
    this.SUBRULE(this.type);
    this.OPTION(() => {
      this.CONSUME(sign.Equal);
      this.SUBRULE(this.expr);
    });
    this.OPTION1(() => this.SUBRULE(this.reader));
  });

  readonly reader: Rule = this.rule("reader", () => {
    this.CONSUME(word.from);
    this.CONSUME(Name);
    this.SUBRULE(this.args);
  });
}
