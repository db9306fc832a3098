import type { Factor, OperationAtom, Size, Term } from "./size.ts";

/** How tightly the text holds together: what stands in a product needs at least `product`. */
const sum = 0;
const product = 1;
const tight = 2;

interface Written {
  readonly text: string;
  readonly binds: number;
}

/** For people: `4 * D`, `D / Heads`, `image div patch - 1`. The order is that of the normal form. */
export function formatSize(size: Size): string {
  return write(size).text;
}

function write(size: Size): Written {
  const [only, ...more] = size.terms;
  if (only === undefined) return { text: "0", binds: tight };
  if (more.length === 0) {
    const written = writeTerm(only);
    return only.numerator < 0n ? { text: `-${written.text}`, binds: sum } : written;
  }
  const positive = size.terms.find((term) => term.numerator > 0n) ?? only;
  const ordered = [positive, ...size.terms.filter((term) => term !== positive)];
  const text = ordered.map((term, i) => `${signOf(term, i === 0)}${writeTerm(term).text}`).join("");
  return { text, binds: sum };
}

function signOf(term: Term, isFirst: boolean): string {
  if (isFirst) return term.numerator < 0n ? "-" : "";
  return term.numerator < 0n ? " - " : " + ";
}

/** Without its sign. */
function writeTerm(term: Term): Written {
  const coefficient = term.numerator < 0n ? -term.numerator : term.numerator;
  const isBelow = ({ atom, power }: Factor): boolean =>
    power < 0 || (atom.kind === "operation" && atom.op === "/");
  const above = term.factors.filter((factor) => !isBelow(factor)).map(writeFactor);
  const below = term.factors.filter(isBelow).map(writeReciprocal);
  if (coefficient !== 1n || above.length === 0) above.unshift(number(coefficient));
  if (term.denominator !== 1n) below.unshift(number(term.denominator));
  const [top, bottom] = [writeProduct(above), writeProduct(below)];
  if (below.length === 0) return top;
  return { text: `${top.text} / ${enclose(bottom, tight)}`, binds: product };
}

function writeProduct(factors: readonly Written[]): Written {
  const [only, ...more] = factors;
  if (only !== undefined && more.length === 0) return only;
  return { text: factors.map((factor) => enclose(factor, tight)).join(" * "), binds: product };
}

function writeFactor({ atom, power }: Factor): Written {
  const base: Written =
    atom.kind === "variable" ? { text: atom.name, binds: tight } : writeOperation(atom);
  return power === 1 ? base : { text: `${enclose(base, tight)} ^ ${power}`, binds: tight };
}

function writeReciprocal({ atom, power }: Factor): Written {
  const isSum = atom.kind === "operation" && atom.op === "/";
  if (!isSum) return writeFactor({ atom, power: -power });
  const base = write(atom.right);
  return power === 1 ? base : { text: `${enclose(base, tight)} ^ ${power}`, binds: tight };
}

function writeOperation({ op, left, right }: OperationAtom): Written {
  const [a, b] = [write(left), write(right)];
  if (op === "min" || op === "max") return { text: `${op}(${a.text}, ${b.text})`, binds: tight };
  if (op === "^") return { text: `${enclose(a, tight)} ^ ${enclose(b, tight)}`, binds: tight };
  return { text: `${enclose(a, product)} ${op} ${enclose(b, tight)}`, binds: product };
}

function number(value: bigint): Written {
  return { text: `${value}`, binds: tight };
}

function enclose(written: Written, needed: number): string {
  return written.binds >= needed ? written.text : `(${written.text})`;
}
