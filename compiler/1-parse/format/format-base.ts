import type { CstNode, IToken } from "chevrotain";
import type { SourceFile } from "../../source/source-file.ts";
import { tokenOf, tokensOf } from "../build/cst.ts";
import { levelOf } from "../lex/operators.ts";
import { endOf, type Scan } from "../lex/scan.ts";
import { attachComments, type Comments, indexOf } from "./comments.ts";
import { blankLine, type Doc, fill, group, indent, line, newLine, softLine } from "./layout.ts";

const power = levelOf("^");

/** What every part of the formatter needs: tokens with their comments, lists, chains and bodies. */
export abstract class FormatBase {
  protected readonly file: SourceFile;
  readonly #comments: Comments;
  readonly #tokenCount: number;
  /** How many of the comments above the first token belong to the file. */
  #headCount = 0;
  /** Where the comments above a token begin, by where the token does. */
  readonly #starts = new Map<number, number>();

  constructor(file: SourceFile, scan: Pick<Scan, "tokens" | "comments">) {
    this.file = file;
    this.#comments = attachComments(scan);
    this.#tokenCount = scan.tokens.length;
    for (const [index, [first]] of this.#comments.before) {
      const token = scan.tokens[index];
      if (token !== undefined && first !== undefined)
        this.#starts.set(token.startOffset, first.startOffset);
    }
  }

  /**
   * The comments above the first import that an empty line separates from it: they are the file's. Without
   * an empty line all of them are, where that import moves: a file's heading is what is at its top.
   */
  protected headComments(isWanted: boolean, doesMove = false): readonly (readonly Doc[])[] {
    const comments = this.#comments.before.get(0) ?? [];
    const separate = comments.findLastIndex((comment) => this.#isBeforeBlank(comment)) + 1;
    const count = separate === 0 && doesMove ? comments.length : separate;
    this.#headCount = isWanted ? count : 0;
    return this.#commentLines(comments.slice(0, this.#headCount), true);
  }
  protected endComments(): readonly (readonly Doc[])[] {
    return this.#commentLines(this.#comments.before.get(this.#tokenCount) ?? [], false);
  }

  /** A token with the comments around it. */
  protected token(token: IToken | undefined): Doc {
    return token === undefined ? "" : [this.#before(indexOf(token)), this.#bare(token)];
  }
  #bare(token: IToken): Doc {
    const after = this.#comments.after.get(indexOf(token));
    if (after === undefined) return token.image;
    return [token.image, ...after.map((comment) => this.#comment(comment, false))];
  }

  #before(index: number): Doc {
    const comments = this.#comments.before.get(index) ?? [];
    return comments
      .slice(index === 0 ? this.#headCount : 0)
      .map((comment) => this.#comment(comment, true));
  }
  #comment(comment: IToken, isOwnLine: boolean): Doc {
    return {
      kind: "comment",
      text: comment.image.trimEnd(),
      isOwnLine,
      isBlankAfter: this.#isBeforeBlank(comment),
    };
  }
  #isBeforeBlank(comment: IToken): boolean {
    return /^[^\S\n]*\n[^\S\n]*\n/.test(this.file.text.slice(endOf(comment)));
  }

  /** The `at`-th token of a type in a node. */
  protected word(node: CstNode | undefined, type: string, at = 0): Doc {
    return this.token(tokenOf(node, type, at));
  }

  /** Nodes or tokens with the commas between them. */
  protected withCommas(node: CstNode | undefined, items: readonly Doc[]): readonly Doc[] {
    const commas = tokensOf(node, "Comma");
    return items.map((item, index) => [item, this.token(commas[index])]);
  }

  /** A list between brackets: on one line, or filled between its brackets on lines of their own. */
  protected list(
    open: IToken | undefined,
    items: readonly Doc[],
    close: IToken | undefined,
    space: Doc = softLine,
  ): Doc {
    if (open === undefined || close === undefined) return [];
    const comments = this.#closingLines(close, items.length === 0);
    if (items.length === 0 && comments.length === 0) return [this.token(open), this.#bare(close)];
    const inner = items.length === 0 ? comments : [space, fill(items), ...comments];
    return [this.token(open), indent(...inner), space, this.#bare(close)];
  }

  /** The comments above a closing bracket, each on a new line. */
  #closingLines(close: IToken, isEmpty: boolean): readonly Doc[] {
    return this.#commentLines(this.#comments.before.get(indexOf(close)) ?? [], isEmpty);
  }
  #commentLines(comments: readonly IToken[], isAtStart: boolean): readonly (readonly Doc[])[] {
    return comments.map((comment, index) => {
      const isBlank = this.#isAfterBlank(comment.startOffset) && !(isAtStart && index === 0);
      return [isBlank ? blankLine : newLine, comment.image.trimEnd()];
    });
  }

  /** Names or paths in a row, without brackets. */
  protected row(node: CstNode | undefined, items: readonly Doc[]): Doc {
    return indent(fill(this.withCommas(node, items)));
  }

  /** Operands and operators: one line, or a new one before every operator of the weakest kind. */
  protected chain(operands: readonly Doc[], operators: readonly IToken[]): Doc {
    const [only = ""] = operands;
    if (operators.length === 0) return only;
    const levels = operators.map((operator) => levelOf(operator.image));
    const weakest = Math.min(...levels);
    const breaks = operators.filter((_operator, index) => levels[index] === weakest);
    const cuts = [-1, ...breaks.map((operator) => operators.indexOf(operator)), operators.length];
    const parts = cuts.slice(1).map((cut, index) => {
      const from = (cuts[index] ?? -1) + 1;
      return this.chain(operands.slice(from, cut + 1), operators.slice(from, cut));
    });
    const hasPlus = breaks.some((operator) => operator.image === "+");
    const [first = "", ...rest] = parts;
    const tail = rest.map((part, index) => this.#link(breaks[index], part, weakest, hasPlus));
    // What breaks inside of the first operand stands further in than the operators of this chain.
    return group([indent(first), indent(...tail)]);
  }

  /** A line that starts with `-` starts a new expression, so a break is never before it. */
  #link(operator: IToken | undefined, operand: Doc, level: number, hasPlus: boolean): Doc {
    if (level === power || (operator?.image === "-" && hasPlus))
      return [" ", this.token(operator), " ", operand];
    if (operator?.image === "-") return [" ", this.token(operator), line, operand];
    return [line, this.token(operator), " ", operand];
  }

  /** Two lists in a row: the second breaks first. */
  protected twoLists(first: Doc, second: Doc): Doc {
    return [group(first), group(second, "yields")];
  }

  /** Elements between curly brackets, a line each; `isSpaced` says which stand between empty lines. */
  protected body(
    node: CstNode | undefined,
    elements: readonly CstNode[],
    docOf: (element: CstNode) => Doc,
    isSpaced: (element: CstNode) => boolean = () => false,
  ): Doc {
    const open = tokenOf(node, "LeftCurly");
    const close = tokenOf(node, "RightCurly");
    if (open === undefined || close === undefined) return "";
    const lines = [
      ...this.lines(elements, docOf, isSpaced),
      ...this.#closingLines(close, elements.length === 0),
    ];
    if (lines.length === 0) return [this.token(open), this.#bare(close)];
    return [this.token(open), indent(...lines), newLine, this.#bare(close)];
  }

  /** Elements, each on a new line; empty lines as written, but at most one, and none at the start. */
  protected lines(
    elements: readonly CstNode[],
    docOf: (element: CstNode) => Doc,
    isSpaced: (element: CstNode) => boolean,
  ): readonly (readonly Doc[])[] {
    return elements.map((element, index) => {
      const previous = elements[index - 1];
      const isBlank =
        previous !== undefined &&
        (isSpaced(previous) || isSpaced(element) || this.#isAfterBlank(this.startOf(element)));
      return [isBlank ? blankLine : newLine, docOf(element)];
    });
  }

  /** Where a node begins, its comments included. */
  protected startOf(node: CstNode): number {
    const start = node.location?.startOffset ?? 0;
    return this.#starts.get(start) ?? start;
  }

  /** Is there an empty line right above this offset? */
  #isAfterBlank(offset: number): boolean {
    let newLines = 0;
    for (let at = offset - 1; at >= 0 && /\s/.test(this.file.text.charAt(at)); at -= 1) {
      if (this.file.text.charAt(at) === "\n") newLines += 1;
    }
    return newLines > 1;
  }
  protected hasCommentWithin(open: IToken | undefined, close: IToken | undefined): boolean {
    const [from, to] = [indexOf(open), indexOf(close)];
    for (let index = from; index <= to; index += 1) {
      if (index > from && this.#comments.before.has(index)) return true;
      if (index < to && this.#comments.after.has(index)) return true;
    }
    return false;
  }
}
