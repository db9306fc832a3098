import { literal, Name, reserved, sign, sizeOperators } from "../lex/tokens.ts";
import { RecoveringParser, type Rule } from "../recover/recovering-parser.ts";

/** Axes, sizes, paths and types: what stands between `<` and `>`, in braces and in a signature. */
export abstract class AxisGrammar extends RecoveringParser {
  protected abstract readonly expr: Rule<[braceless?: boolean | undefined]>;

  readonly axis: Rule = this.rule("axis", () => {
    this.SUBRULE(this.size);
    this.MANY(() => {
      this.CONSUME(sign.Join);
      this.SUBRULE1(this.size);
    });
  });

  readonly size: Rule = this.rule("size", () => {
    this.SUBRULE(this.sizeAtom);
    this.MANY({
      GATE: () => !(this.next(sign.Minus) && this.startsLine()),
      DEF: () => {
        this.SUBRULE(this.sizeOperator);
        this.SUBRULE1(this.sizeAtom);
      },
    });
  });

  readonly sizeOperator: Rule = this.rule("sizeOperator", () => {
    this.OR(sizeOperators.map((operator) => ({ ALT: () => this.CONSUME(operator) })));
  });

  readonly sizeAtom: Rule = this.rule("sizeAtom", () => {
    this.OR([
      { ALT: () => this.CONSUME(literal.Int) },
      {
        ALT: () => {
          this.SUBRULE(this.path);
          this.OPTION({
            GATE: () => !this.startsLine(),
            DEF: () => {
              this.CONSUME(sign.LeftParen);
              this.SUBRULE(this.sizes);
              this.CONSUME(sign.RightParen);
            },
          });
        },
      },
      {
        ALT: () => {
          this.CONSUME1(sign.LeftParen);
          this.SUBRULE1(this.sizes);
          this.CONSUME1(sign.RightParen);
        },
      },
    ]);
  });

  readonly sizes: Rule = this.rule("sizes", () => {
    this.SUBRULE(this.axis);
    this.MANY(() => {
      this.CONSUME(sign.Comma);
      this.SUBRULE1(this.axis);
    });
  });

  readonly path: Rule = this.rule("path", () => {
    this.CONSUME(Name);
    this.MANY({
      GATE: () => !(this.next(sign.LeftSquare) && this.startsLine()),
      DEF: () => this.SUBRULE(this.pathStep),
    });
  });

  readonly pathStep: Rule = this.rule("pathStep", () => {
    this.OR([
      {
        ALT: () => {
          this.CONSUME(sign.Dot);
          this.OR1([{ ALT: () => this.CONSUME(Name) }, { ALT: () => this.CONSUME(sign.Star) }]);
        },
      },
      {
        ALT: () => {
          this.CONSUME(sign.LeftSquare);
          this.SUBRULE(this.index);
          this.CONSUME(sign.RightSquare);
        },
      },
    ]);
  });

  readonly index: Rule = this.rule("index", () => {
    this.OR([
      { ALT: () => this.CONSUME(sign.Star) },
      {
        ALT: () => {
          this.SUBRULE(this.expr);
          this.OPTION(() => {
            this.CONSUME(sign.DotDot);
            this.SUBRULE1(this.expr);
          });
        },
      },
    ]);
  });

  readonly paths: Rule = this.rule("paths", () => {
    this.SUBRULE(this.path);
    this.MANY(() => {
      this.CONSUME(sign.Comma);
      this.SUBRULE1(this.path);
    });
  });

  readonly names: Rule = this.rule("names", () => {
    this.CONSUME(Name);
    this.MANY(() => {
      this.CONSUME(sign.Comma);
      this.CONSUME1(Name);
    });
  });

  readonly axisDef: Rule = this.rule("axisDef", () => {
    this.CONSUME(reserved.axis);
    this.CONSUME(Name);
    this.CONSUME(sign.Equal);
    this.SUBRULE(this.axis);
  });

  readonly type: Rule = this.rule("type", () => {
    this.OR([
      {
        ALT: () => {
          this.CONSUME(Name);
          this.sameLine(sign.LeftSquare);
          this.OPTION(() => this.SUBRULE(this.typeList));
        },
      },
      { ALT: () => this.SUBRULE1(this.typeList) },
    ]);
  });

  readonly typeList: Rule = this.rule("typeList", () => {
    this.CONSUME(sign.LeftSquare);
    this.SUBRULE(this.typeAxes);
    this.CONSUME(sign.RightSquare);
  });

  readonly typeAxes: Rule = this.rule("typeAxes", () => {
    this.OPTION(() => {
      this.SUBRULE(this.typeAxis);
      this.MANY(() => {
        this.CONSUME(sign.Comma);
        this.SUBRULE1(this.typeAxis);
      });
    });
  });

  readonly typeAxis: Rule = this.rule("typeAxis", () => {
    this.OR([
      { ALT: () => this.CONSUME(sign.DotDot) },
      {
        ALT: () => {
          this.SUBRULE(this.axis);
          this.OPTION(() => {
            this.CONSUME(sign.Equal);
            this.SUBRULE1(this.axis);
          });
        },
      },
    ]);
  });

  readonly braces: Rule = this.rule("braces", () => {
    this.CONSUME(sign.LeftCurly);
    this.SUBRULE(this.braceItems);
    this.CONSUME(sign.RightCurly);
  });

  readonly braceItems: Rule = this.rule("braceItems", () => {
    this.SUBRULE(this.itemAxes);
    this.OPTION(() => {
      this.CONSUME(sign.Arrow);
      this.SUBRULE1(this.itemAxes);
    });
  });

  readonly itemAxes: Rule = this.rule("itemAxes", () => {
    this.SUBRULE(this.itemAxis);
    this.MANY(() => {
      this.CONSUME(sign.Comma);
      this.SUBRULE1(this.itemAxis);
    });
  });

  readonly itemAxis: Rule = this.rule("itemAxis", () => {
    this.OR([
      { ALT: () => this.CONSUME(sign.DotDot) },
      {
        ALT: () => {
          this.SUBRULE(this.axis);
          this.OPTION(() => {
            this.CONSUME(sign.Colon);
            this.SUBRULE(this.expr);
          });
        },
      },
    ]);
  });
}
