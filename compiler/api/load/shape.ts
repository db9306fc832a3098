/**
 * What a value that was read as JSON must look like to count as a `T`. Shapes are put together like the types they
 * stand for, and the types say when a field is forgotten.
 */
export type Shape<T> = (value: unknown) => value is T;

/** The variant of a union with this `kind`. */
export type Kind<T, K> = Extract<T, { readonly kind: K }>;

export const text: Shape<string> = (value) => typeof value === "string";
export const truth: Shape<boolean> = (value) => typeof value === "boolean";
/** JSON knows no other numbers than finite ones. */
export const real: Shape<number> = (value) => typeof value === "number";
/** A number, a place or a count of something: whole, from 0 on, and exact. */
export const count: Shape<number> = (value): value is number =>
  Number.isSafeInteger(value) && (value as number) >= 0;
export const whole: Shape<number> = (value): value is number => Number.isSafeInteger(value);

export function oneOf<T extends string>(...names: readonly T[]): Shape<T> {
  return (value): value is T => names.some((name) => name === value);
}

export function either<A, B>(left: Shape<A>, right: Shape<B>): Shape<A | B> {
  return (value): value is A | B => left(value) || right(value);
}

/** JSON leaves out a field that is `undefined`. */
export function optional<T>(shape: Shape<T>): Shape<T | undefined> {
  return (value): value is T | undefined => value === undefined || shape(value);
}

export function list<T>(shape: Shape<T>): Shape<readonly T[]> {
  return (value): value is readonly T[] => Array.isArray(value) && value.every(shape);
}

export function three<T>(shape: Shape<T>): Shape<readonly [T, T, T]> {
  return (value): value is readonly [T, T, T] =>
    Array.isArray(value) && value.length === 3 && value.every(shape);
}

export function dictionary<T>(shape: Shape<T>): Shape<Readonly<Record<string, T>>> {
  return (value): value is Readonly<Record<string, T>> =>
    isObject(value) && Object.values(value).every(shape);
}

export function record<T extends object>(
  fields: {
    readonly [K in keyof T]-?: Shape<T[K]>;
  },
): Shape<T> {
  const entries = Object.entries(fields) as readonly [string, Shape<unknown>][];
  return (value): value is T =>
    isObject(value) &&
    entries.every(([name, shape]) => shape(Object.hasOwn(value, name) ? value[name] : undefined));
}

/** One of several records, which their field `kind` tells apart. */
export function variants<T extends { readonly kind: string }>(
  shapes: {
    readonly [K in T["kind"]]: Shape<Extract<T, { readonly kind: K }>>;
  },
): Shape<T> {
  const byKind = new Map<unknown, Shape<unknown>>(Object.entries(shapes));
  return (value): value is T => isObject(value) && byKind.get(value.kind)?.(value) === true;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
