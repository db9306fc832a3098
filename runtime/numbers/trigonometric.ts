/**
 * Functions of angles in float64 from what IEEE 754 fixes to the last bit, as in `elementary.ts`.
 */
const halfPiParts = [1.5707963267341256, 6.077100506303966e-11, 2.0222662487959506e-21] as const;

/** The quarter turn and the rest of an angle. */
function reduceAngle(x: number): { quarter: number; rest: number } {
  if (Math.abs(x) > 1e6 && Number.isFinite(x)) return reduceLarge(x);
  const turns = Math.round(x / (Math.PI / 2));
  const rest = x - turns * halfPiParts[0] - turns * halfPiParts[1] - turns * halfPiParts[2];
  return { quarter: ((turns % 4) + 4) % 4, rest };
}

function sinNear(x: number): number {
  const square = x * x;
  let sum = 1;
  for (let n = 20; n >= 2; n -= 2) sum = 1 - (square / (n * (n + 1))) * sum;
  return x * sum;
}

function cosNear(x: number): number {
  const square = x * x;
  let sum = 1;
  for (let n = 19; n >= 1; n -= 2) sum = 1 - (square / (n * (n + 1))) * sum;
  return sum;
}

export function sin(x: number): number {
  if (x === 0) return x;
  const { quarter, rest } = reduceAngle(x);
  if (quarter === 0) return sinNear(rest);
  if (quarter === 1) return cosNear(rest);
  return quarter === 2 ? -sinNear(rest) : -cosNear(rest);
}

export function cos(x: number): number {
  const { quarter, rest } = reduceAngle(x);
  if (quarter === 0) return cosNear(rest);
  if (quarter === 1) return -sinNear(rest);
  return quarter === 2 ? -cosNear(rest) : sinNear(rest);
}

/** Exactly, in whole numbers: a large angle has all its places before those that count. */
function reduceLarge(x: number): { quarter: number; rest: number } {
  const isWhole = Math.abs(x) >= 2 ** 53;
  const angle = isWhole ? BigInt(x) << piPlaces : BigInt(x * 2 ** 33) << (piPlaces - 33n);
  halfPi ??= piTimes(piPlaces) >> 1n;
  let turns = angle / halfPi;
  let rest = angle - turns * halfPi;
  if (2n * rest > halfPi) {
    turns += 1n;
    rest -= halfPi;
  } else if (2n * rest < -halfPi) {
    turns -= 1n;
    rest += halfPi;
  }
  return {
    quarter: Number(((turns % 4n) + 4n) % 4n),
    rest: Number(rest >> (piPlaces - 200n)) / 2 ** 200,
  };
}

/** Binary places: the 1024 before the point of the largest angle, and enough behind it. */
const piPlaces = 1300n;
let halfPi: bigint | undefined;

/** pi times 2 ^ places, by Machin's formula. */
function piTimes(places: bigint): bigint {
  const one = 1n << (places + 32n);
  return (16n * arcTangentOfInverse(5n, one) - 4n * arcTangentOfInverse(239n, one)) >> 32n;
}

function arcTangentOfInverse(inverse: bigint, one: bigint): bigint {
  let power = one / inverse;
  let sum = power;
  for (let n = 3n; power !== 0n; n += 2n) {
    power /= -inverse * inverse;
    sum += power / n;
  }
  return sum;
}

export function atan(x: number): number {
  const size = Math.abs(x);
  if (Number.isNaN(x) || x === 0) return x;
  const angle = size > 1 ? Math.PI / 2 - arcTangent(1 / size) : arcTangent(size);
  return Math.sign(x) * angle;
}

export function atan2(y: number, x: number): number {
  if (Number.isNaN(x) || Number.isNaN(y)) return Number.NaN;
  const [across, up] = [Math.abs(x), Math.abs(y)];
  const [smaller, larger] = up > across ? [across, up] : [up, across];
  // The quotient of equal sizes is 1, of infinities too, but not that of zeros.
  const ratio = smaller === larger ? Math.sign(larger) : smaller / larger;
  const angle = arcTangent(ratio);
  const steep = up > across ? Math.PI / 2 - angle : angle;
  const turned = x < 0 || Object.is(x, -0) ? Math.PI - steep : steep;
  return y < 0 || Object.is(y, -0) ? -turned : turned;
}

export function asin(x: number): number {
  return Math.abs(x) <= 1 ? atan2(x, Math.sqrt((1 - x) * (1 + x))) : Number.NaN;
}

export function acos(x: number): number {
  return 2 * atan2(Math.sqrt(1 - x), Math.sqrt(1 + x));
}

/** Between 0 and 1: the angle is halved twice, and then the series converges fast. */
function arcTangent(x: number): number {
  const half = x / (1 + Math.sqrt(1 + x * x));
  const quarter = half / (1 + Math.sqrt(1 + half * half));
  const square = quarter * quarter;
  let sum = 0;
  for (let n = 25; n > 0; n -= 2) sum = 1 / n - square * sum;
  return 4 * quarter * sum;
}
