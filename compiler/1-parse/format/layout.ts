/** Text with places where it may break, and comments that have to be kept somewhere. */
export type Doc = string | readonly Doc[] | Line | NewLine | Indent | Group | Fill | Comment;
/** A newline where its group is broken, else `flat`. */
interface Line {
  readonly kind: "line";
  readonly flat: " " | "";
}
interface NewLine {
  readonly kind: "newline";
  /** An empty line comes first. */
  readonly isBlank: boolean;
}
interface Indent {
  readonly kind: "indent";
  readonly doc: Doc;
}
interface Group {
  readonly kind: "group";
  readonly doc: Doc;
  readonly breaking: Breaking;
}
/** As many items on each line as fit; those before number `from` have been printed. */
interface Fill {
  readonly kind: "fill" | "fillRest";
  readonly items: readonly Doc[];
  readonly from: number;
}
interface Comment {
  readonly kind: "comment";
  readonly text: string;
  /** On a line of its own, if it comes where a line begins; else after everything else on its line. */
  readonly isOwnLine: boolean;
  readonly isBlankAfter: boolean;
}

/**
 * A group breaks if what is left of its line does not fit. Groups that follow count as unbroken in that,
 * but for those that `yield`: they break rather than a group before them.
 */
type Breaking = "normal" | "yields";

export const line: Doc = { kind: "line", flat: " " };
export const softLine: Doc = { kind: "line", flat: "" };
export const newLine: Doc = { kind: "newline", isBlank: false };
export const blankLine: Doc = { kind: "newline", isBlank: true };

export function indent(...doc: readonly Doc[]): Doc {
  return { kind: "indent", doc };
}
export function group(doc: Doc, breaking: Breaking = "normal"): Doc {
  return { kind: "group", doc, breaking };
}
export function fill(items: readonly Doc[]): Doc {
  return { kind: "fill", items, from: 0 };
}

/** Columns on one line; infinite where it cannot be on one. */
export function flatWidth(doc: Doc): number {
  if (typeof doc === "string") return doc.length;
  if (isList(doc)) return doc.reduce((sum, part) => sum + flatWidth(part), 0);
  switch (doc.kind) {
    case "line":
      return doc.flat.length;
    case "indent":
    case "group":
      return flatWidth(doc.doc);
    case "fill":
    case "fillRest":
      return doc.items.reduce(
        (sum, item) => sum + flatWidth(item),
        Math.max(0, doc.items.length - 1),
      );
    case "newline":
    case "comment":
      return Number.POSITIVE_INFINITY;
  }
}

/** Does this begin with a comment that has its own line? */
function startsWithOwnLine(doc: Doc): boolean {
  if (typeof doc === "string") return false;
  if (isList(doc)) {
    const first = doc.find((part) => part !== "" && !(isList(part) && part.length === 0));
    return first !== undefined && startsWithOwnLine(first);
  }
  if (doc.kind === "comment") return doc.isOwnLine;
  return (doc.kind === "group" || doc.kind === "indent") && startsWithOwnLine(doc.doc);
}

function isList(doc: Doc): doc is readonly Doc[] {
  return Array.isArray(doc);
}

/** Something still to be printed. */
interface Task {
  readonly doc: Doc;
  readonly column: number;
  readonly isFlat: boolean;
}

/** Breaks lines at `width` columns. */
export function printDoc(doc: Doc, width: number): string {
  return new Printer(width).print(doc);
}

class Printer {
  readonly #width: number;
  readonly #tasks: Task[] = [];
  readonly #lines: string[] = [];
  #line = "";
  #column = 0;
  /** Nothing has been written on this line yet, its indentation included. */
  #isAtStart = true;
  /** Comments for the end of this line. */
  #pending: string[] = [];

  constructor(width: number) {
    this.#width = width;
  }

  print(doc: Doc): string {
    this.#tasks.push({ doc, column: 0, isFlat: false });
    for (let task = this.#tasks.pop(); task !== undefined; task = this.#tasks.pop())
      this.#run(task);
    this.#flush();
    return [...this.#lines, this.#line].join("\n");
  }

  #run({ doc, column, isFlat }: Task): void {
    if (typeof doc === "string") this.#write(doc);
    else if (isList(doc)) this.#push(doc, column, isFlat);
    else {
      switch (doc.kind) {
        case "line":
          if (isFlat) this.#write(doc.flat);
          else this.#endLine(column);
          break;
        case "newline":
          this.#endLine(column);
          if (doc.isBlank) this.#lines.push("");
          break;
        case "indent":
          this.#push([doc.doc], column + 2, isFlat);
          break;
        case "group":
          this.#push([doc.doc], column, isFlat || this.#groupFits(doc, column));
          break;
        case "fill":
          if (isFlat)
            this.#push(
              doc.items.flatMap((item, at) => (at === 0 ? [item] : [line, item])),
              column,
              true,
            );
          else this.#fill(doc, column);
          break;
        case "fillRest":
          this.#fillRest(doc, column);
          break;
        case "comment":
          this.#comment(doc, column);
          break;
      }
    }
  }

  #push(docs: readonly Doc[], column: number, isFlat: boolean): void {
    for (const doc of [...docs].reverse()) this.#tasks.push({ doc, column, isFlat });
  }

  #fill({ items, from }: Fill, column: number): void {
    const first = items[from];
    if (first === undefined) return;
    const isFlat = this.#fits([{ doc: first, column, isFlat: true }], []);
    if (from + 1 < items.length)
      this.#tasks.push({ doc: { kind: "fillRest", items, from: from + 1 }, column, isFlat });
    this.#tasks.push({ doc: first, column, isFlat });
  }

  /** The items after the first: only now is it known how far that one reached. */
  #fillRest({ items, from }: Fill, column: number): void {
    const first = items[from] ?? "";
    const fits = this.#fits([{ doc: [line, first], column, isFlat: true }], []);
    if (fits && !startsWithOwnLine(first)) this.#write(" ");
    else this.#endLine(column);
    this.#tasks.push({ doc: { kind: "fill", items, from }, column, isFlat: false });
  }

  #groupFits({ doc }: Group, column: number): boolean {
    return this.#fits([{ doc, column, isFlat: true }], this.#tasks);
  }

  /** Do these tasks, printed flat, fit on this line together with what follows up to the next newline? */
  #fits(first: readonly Task[], following: readonly Task[]): boolean {
    const tasks = [...first].reverse();
    let next = following.length;
    let room = this.#width - this.#column;
    let hasComment = this.#pending.length > 0;
    let isAtStart = this.#isAtStart;
    while (room >= 0) {
      const task = tasks.pop() ?? following[--next];
      if (task === undefined) return true;
      const { doc, column, isFlat } = task;
      const add = (inner: Doc, flat: boolean) => tasks.push({ doc: inner, column, isFlat: flat });
      if (typeof doc === "string") {
        room -= doc.length;
        if (doc !== "") isAtStart = false;
      } else if (isList(doc)) {
        for (const part of [...doc].reverse()) add(part, isFlat);
      } else {
        switch (doc.kind) {
          case "line":
            if (!isFlat) return true;
            if (hasComment) return false;
            room -= doc.flat.length;
            break;
          case "newline":
            return !isFlat;
          case "indent":
            add(doc.doc, isFlat);
            break;
          case "group":
            add(doc.doc, isFlat || doc.breaking !== "yields");
            break;
          case "fillRest":
            return true;
          case "fill":
            for (const [at, item] of [...doc.items.slice(doc.from).entries()].reverse()) {
              add(item, true);
              if (at > 0) add(line, isFlat);
            }
            break;
          case "comment":
            if (!doc.isOwnLine || !isAtStart) hasComment = true;
            break;
        }
      }
    }
    return false;
  }

  #write(text: string): void {
    if (text === "") return;
    if (this.#isAtStart) this.#line = " ".repeat(this.#column);
    this.#isAtStart = false;
    this.#line += text;
    this.#column += text.length;
  }

  #comment({ text, isOwnLine, isBlankAfter }: Comment, column: number): void {
    if (!isOwnLine || !this.#isAtStart) {
      this.#pending.push(text);
      return;
    }
    this.#write(text);
    this.#endLine(column);
    if (isBlankAfter) this.#lines.push("");
  }

  #flush(): void {
    for (const text of this.#pending) this.#write(this.#isAtStart ? text : ` ${text}`);
    this.#pending = [];
  }

  #endLine(column: number): void {
    this.#flush();
    this.#lines.push(this.#line.trimEnd());
    this.#line = "";
    this.#column = column;
    this.#isAtStart = true;
  }
}
