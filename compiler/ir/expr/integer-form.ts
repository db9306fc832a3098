import type { Range } from "../scalar-functions/ranges.ts";
import type { ScalarFn } from "../scalar-functions/scalar-functions.ts";
import type { Expr } from "./expr-form.ts";
import { exprKey, isSameExpr } from "./expr-key.ts";
import { isWithin, rangeOf } from "./expr-range.ts";

/**
 * An i32 expression as `sum of coefficient * atom, plus constant`, where atoms are what does not split
 * further: loop axes, loads, quotients, remainders. Division and remainder round down, which is what
 * makes `(k * a + b) div k = a + b div k` true for every sign.
 */
export interface IntegerForm {
  readonly terms: readonly IntegerTerm[];
  readonly constant: number;
}
export interface IntegerTerm {
  readonly atom: Expr;
  readonly coefficient: number;
}

export function integerFormOf(expr: Expr): IntegerForm {
  if (expr.kind === "constant") return { terms: [], constant: expr.value };
  if (expr.kind === "call") {
    const [a, b] = expr.args;
    if (a !== undefined && b !== undefined) {
      if (expr.fn === "add") return addForms(integerFormOf(a), integerFormOf(b));
      if (expr.fn === "sub") return addForms(integerFormOf(a), scaleForm(integerFormOf(b), -1));
      if (expr.fn === "mul" && b.kind === "constant") return scaleForm(integerFormOf(a), b.value);
      if (expr.fn === "mul" && a.kind === "constant") return scaleForm(integerFormOf(b), a.value);
    }
    if (expr.fn === "neg" && a !== undefined) return scaleForm(integerFormOf(a), -1);
  }
  return { terms: [{ atom: expr, coefficient: 1 }], constant: 0 };
}

export function addForms(a: IntegerForm, b: IntegerForm): IntegerForm {
  const constant = a.constant + b.constant;
  if (b.terms.length === 0) return rejoin({ terms: a.terms, constant });
  if (a.terms.length === 0) return rejoin({ terms: b.terms, constant });
  const terms = [...a.terms];
  for (const term of b.terms) {
    const place = terms.findIndex((other) => isSameExpr(other.atom, term.atom));
    const known = terms[place];
    if (known === undefined) terms.push(term);
    else terms[place] = { atom: known.atom, coefficient: known.coefficient + term.coefficient };
  }
  return rejoin({ terms: terms.filter((term) => term.coefficient !== 0), constant });
}

export function scaleForm(form: IntegerForm, factor: number): IntegerForm {
  if (factor === 0) return { terms: [], constant: 0 };
  return {
    terms: form.terms.map(({ atom, coefficient }) => ({ atom, coefficient: coefficient * factor })),
    constant: form.constant * factor,
  };
}

/** The expression of a form, largest coefficients first, so that equal forms print alike. */
export function exprOfForm(form: IntegerForm): Expr {
  const sorted = form.terms.length > 1 ? sortTerms(form.terms) : form.terms;
  let result: Expr | undefined;
  for (const { atom, coefficient } of sorted) {
    const scaled = coefficient === 1 ? atom : raw("mul", [atom, integer(coefficient)]);
    result = result === undefined ? scaled : raw("add", [result, scaled]);
  }
  if (result === undefined) return integer(form.constant);
  return form.constant === 0 ? result : raw("add", [result, integer(form.constant)]);
}

export function rangeOfForm(form: IntegerForm): Range {
  let min = form.constant;
  let max = form.constant;
  for (const { atom, coefficient } of form.terms) {
    const range = rangeOf(atom);
    min += coefficient * (coefficient > 0 ? range.min : range.max);
    max += coefficient * (coefficient > 0 ? range.max : range.min);
  }
  return { min, max };
}

/** `form div divisor`, rounded down; `divisor` is positive. */
export function divideForm(form: IntegerForm, divisor: number): IntegerForm {
  if (divisor === 1) return form;
  const { whole, rest } = splitMultiples(form, divisor);
  const range = rangeOfForm(rest);
  const least = Math.floor(range.min / divisor);
  if (Number.isFinite(least) && Math.floor(range.max / divisor) === least) {
    return addForms(whole, { terms: [], constant: least });
  }
  const coarse = coarsen(rest, divisor);
  if (coarse !== undefined) {
    return addForms(whole, divideForm(coarse.multiple, divisor / coarse.step));
  }
  return addForms(whole, formOfAtom(divideAtom(exprOfForm(rest), divisor)));
}

/** `form mod divisor`, never negative; `divisor` is positive. */
export function moduloForm(form: IntegerForm, divisor: number): IntegerForm {
  if (divisor === 1) return { terms: [], constant: 0 };
  const rest = openRemainders(splitMultiples(form, divisor).rest, divisor);
  const range = rangeOfForm(rest);
  const least = Math.floor(range.min / divisor);
  if (Number.isFinite(least) && Math.floor(range.max / divisor) === least) {
    return { terms: rest.terms, constant: rest.constant - least * divisor };
  }
  const coarse = coarsen(rest, divisor);
  if (coarse !== undefined) {
    const reduced = moduloForm(coarse.multiple, divisor / coarse.step);
    return addForms(scaleForm(reduced, coarse.step), coarse.fine);
  }
  return formOfAtom(raw("mod", [exprOfForm(rest), integer(divisor)]));
}

/** The part of a form that `divisor` divides, divided, and what is left; constants leave 0..divisor-1. */
function splitMultiples(
  form: IntegerForm,
  divisor: number,
): { readonly whole: IntegerForm; readonly rest: IntegerForm } {
  const quotient = Math.floor(form.constant / divisor);
  const whole: IntegerTerm[] = [];
  const rest: IntegerTerm[] = [];
  for (const term of form.terms) {
    if (term.coefficient % divisor === 0) {
      whole.push({ atom: term.atom, coefficient: term.coefficient / divisor });
    } else rest.push(term);
  }
  return {
    whole: { terms: whole, constant: quotient },
    rest: { terms: rest, constant: form.constant - quotient * divisor },
  };
}

/**
 * Writes a form as `step * multiple + fine` with `0 <= fine < step` and `step` a divisor of `divisor`,
 * so that `fine` never decides a quotient.
 */
function coarsen(
  form: IntegerForm,
  divisor: number,
):
  | { readonly step: number; readonly multiple: IntegerForm; readonly fine: IntegerForm }
  | undefined {
  const steps = form.terms.map((term) => greatestCommonDivisor(term.coefficient, divisor));
  for (const step of [...new Set(steps)].sort((a, b) => b - a)) {
    if (step === 1) continue;
    const { whole, rest } = splitMultiples(form, step);
    if (isWithin(rangeOfForm(rest), 0, step - 1)) return { step, multiple: whole, fine: rest };
  }
  return undefined;
}

/** `(x mod m) mod k` is `x mod k` where `k` divides `m`. */
function openRemainders(form: IntegerForm, divisor: number): IntegerForm {
  let opened: IntegerForm | undefined;
  form.terms.forEach(({ atom, coefficient }, n) => {
    if (opened !== undefined) return;
    const [x, modulus] = argsOf(atom, "mod");
    if (x === undefined || modulus?.kind !== "constant") return;
    if ((coefficient * modulus.value) % divisor !== 0) return;
    const others = form.terms.filter((_, other) => other !== n);
    const wide = scaleForm(integerFormOf(x), coefficient);
    opened = splitMultiples(
      addForms({ terms: others, constant: form.constant }, wide),
      divisor,
    ).rest;
  });
  return opened === undefined ? form : openRemainders(opened, divisor);
}

function divideAtom(atom: Expr, divisor: number): Expr {
  const [x, inner] = argsOf(atom, "div");
  if (x !== undefined && inner?.kind === "constant" && inner.value > 0) {
    return raw("div", [x, integer(inner.value * divisor)]);
  }
  const [y, modulus] = argsOf(atom, "mod");
  if (y !== undefined && modulus?.kind === "constant" && modulus.value % divisor === 0) {
    const quotient = divideForm(integerFormOf(y), divisor);
    return exprOfForm(moduloForm(quotient, modulus.value / divisor));
  }
  return raw("div", [atom, integer(divisor)]);
}

/** `k * (x div k) + x mod k` is `x`: what a split leaves after a merge. */
function rejoin(form: IntegerForm): IntegerForm {
  for (const { atom, coefficient } of form.terms) {
    const [x, modulus] = argsOf(atom, "mod");
    if (x === undefined || modulus?.kind !== "constant" || modulus.value <= 0) continue;
    const wanted = coefficient * modulus.value;
    const likely = form.terms.filter((term) => term.coefficient === wanted);
    if (likely.length === 0) continue;
    const quotient = exprOfForm(divideForm(integerFormOf(x), modulus.value));
    const partner = likely.find((term) => isSameExpr(term.atom, quotient));
    if (partner === undefined) continue;
    const others = form.terms.filter((term) => term !== partner && term.atom !== atom);
    return addForms(
      { terms: others, constant: form.constant },
      scaleForm(integerFormOf(x), coefficient),
    );
  }
  return form;
}

function argsOf(expr: Expr, fn: ScalarFn): readonly Expr[] {
  return expr.kind === "call" && expr.fn === fn ? expr.args : [];
}

function formOfAtom(atom: Expr): IntegerForm {
  return integerFormOf(atom);
}

function sortTerms(terms: readonly IntegerTerm[]): readonly IntegerTerm[] {
  return [...terms].sort((a, b) => {
    const size = Math.abs(b.coefficient) - Math.abs(a.coefficient);
    if (size !== 0) return size;
    if (a.atom.kind === "axis" && b.atom.kind === "axis") return a.atom.axis - b.atom.axis;
    const [left, right] = [exprKey(a.atom), exprKey(b.atom)];
    return left < right ? -1 : left > right ? 1 : 0;
  });
}

function raw(fn: ScalarFn, args: readonly Expr[]): Expr {
  return { kind: "call", fn, args, type: "i32" };
}

function integer(value: number): Expr {
  return { kind: "constant", type: "i32", value: value === 0 ? 0 : value };
}

function greatestCommonDivisor(a: number, b: number): number {
  let [x, y] = [Math.abs(a), Math.abs(b)];
  while (y !== 0) [x, y] = [y, x % y];
  return x;
}
