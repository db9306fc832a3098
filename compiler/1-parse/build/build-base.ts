import type { CstNode, IToken } from "chevrotain";
import type { DiagnosticSink } from "../../diagnostics/sink.ts";
import type { Named } from "../../ir/syntax/syntax.ts";
import { lineCounter, type SourceFile, type Span } from "../../source/source-file.ts";
import { sourceLimits } from "../lex/limits.ts";
import { endOf } from "../lex/scan.ts";
import type { ConcreteFile } from "../read-file.ts";
import { tokensOf } from "./cst.ts";

/** What every part of the tree builder needs: spans, names and the comments above declarations. */
export abstract class BuildBase {
  readonly file: SourceFile;
  protected readonly sink: DiagnosticSink;
  protected readonly troubledLines: ReadonlySet<number>;
  protected readonly lineAt: (offset: number) => number;
  readonly #docs: ReadonlyMap<number, string>;

  constructor(file: SourceFile, sink: DiagnosticSink, { comments, troubledLines }: ConcreteFile) {
    this.file = file;
    this.sink = sink;
    this.lineAt = lineCounter(file);
    this.troubledLines = troubledLines;
    this.#docs = new Map(
      comments
        .filter((comment) => /^\/\/\/(?!\/)/.test(comment.image))
        .map((comment) => [
          comment.startLine ?? 0,
          comment.image.slice(3).replace(/^ /, "").trimEnd(),
        ]),
    );
  }

  /** The `///` lines that end on the line before a declaration. */
  protected docAbove(node: CstNode): string | undefined {
    const offset = node.location?.startOffset ?? Number.NaN;
    if (Number.isNaN(offset)) return undefined;
    const line = this.lineAt(offset);
    const found: string[] = [];
    for (let above = line - 1; this.#docs.has(above); above -= 1)
      found.unshift(this.#docs.get(above) ?? "");
    return found.length === 0 ? undefined : found.join("\n");
  }

  /** Whether something has more links than anything after the parser should have to follow; then it is reported. */
  protected isLongChain(links: number, node: CstNode | undefined): boolean {
    const { chain: limit } = sourceLimits;
    if (links > limit)
      this.sink.report("too-deep", this.spanOf(node), { what: "an expression", limit });
    return links > limit;
  }

  protected spanOf(node: CstNode | undefined): Span {
    const { startOffset = Number.NaN, endOffset = Number.NaN } = node?.location ?? {};
    const start = Number.isNaN(startOffset) ? 0 : startOffset;
    return {
      file: this.file,
      start,
      end: Math.max(start, Number.isNaN(endOffset) ? start : endOffset + 1),
    };
  }

  protected tokenSpan(token: IToken): Span {
    return { file: this.file, start: token.startOffset, end: endOf(token) };
  }

  protected named(token: IToken): Named {
    return { text: token.image, span: this.tokenSpan(token) };
  }
  /** A name that an error left out is empty and stands where its surroundings begin. */
  protected nameIn(node: CstNode | undefined, at = 0): Named {
    const token = tokensOf(node, "Name")[at];
    if (token !== undefined) return this.named(token);
    const { start } = this.spanOf(node);
    return { text: "", span: { file: this.file, start, end: start } };
  }
  protected namesIn(node: CstNode | undefined): readonly Named[] {
    return tokensOf(node, "Name").map((token) => this.named(token));
  }
  /** The text of a string between its quotes; the span has the quotes. */
  protected strings(node: CstNode | undefined): readonly Named[] {
    return tokensOf(node, "String").map((token) => ({
      text: token.image.replace(/^"|"$/g, ""),
      span: this.tokenSpan(token),
    }));
  }
  protected string(node: CstNode | undefined): Named {
    return this.strings(node)[0] ?? { text: "", span: this.spanOf(node) };
  }
}
