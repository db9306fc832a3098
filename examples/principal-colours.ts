/**
 * The three directions in which vectors differ most, as red, green and blue from 0 to 255. `data` holds one
 * vector of length `width` per patch. Directions are found one after the other by power iteration.
 */
export function principalColours(data: Float32Array, width: number): Uint8Array {
  const count = data.length / width;
  const centred = centre(data, width);
  const colours = new Uint8Array(count * 3);
  for (let channel = 0; channel < 3; channel += 1) {
    const direction = strongestDirection(centred, width);
    const along = removeDirection(centred, direction);
    const [low, high] = quantiles(along);
    along.forEach((value, patch) => {
      colours[patch * 3 + channel] = Math.round(
        255 * Math.min(1, Math.max(0, (value - low) / (high - low))),
      );
    });
  }
  return colours;
}

function centre(data: Float32Array, width: number): Float32Array {
  const mean = new Float64Array(width);
  data.forEach((value, index) => {
    mean[index % width] = (mean[index % width] ?? 0) + (value * width) / data.length;
  });
  return data.map((value, index) => value - (mean[index % width] ?? 0));
}

function strongestDirection(data: Float32Array, width: number): Float64Array {
  let direction = Float64Array.from({ length: width }, (_, axis) => Math.sin(axis + 1));
  for (let turn = 0; turn < 60; turn += 1) {
    const next = new Float64Array(width);
    for (let from = 0; from < data.length; from += width) {
      const vector = data.subarray(from, from + width);
      const along = dot(vector, direction);
      vector.forEach((value, axis) => {
        next[axis] = (next[axis] ?? 0) + along * value;
      });
    }
    const length = Math.sqrt(dot(next, next)) || 1;
    direction = next.map((value) => value / length);
  }
  return direction;
}

/** How far each vector lies along `direction`; what lies along it is taken out of `data`. */
function removeDirection(data: Float32Array, direction: Float64Array): number[] {
  const width = direction.length;
  const along: number[] = [];
  for (let from = 0; from < data.length; from += width) {
    const vector = data.subarray(from, from + width);
    const distance = dot(vector, direction);
    along.push(distance);
    vector.forEach((value, axis) => {
      vector[axis] = value - distance * (direction[axis] ?? 0);
    });
  }
  return along;
}

function dot(left: Float32Array | Float64Array, right: Float64Array): number {
  let sum = 0;
  for (let axis = 0; axis < right.length; axis += 1) sum += (left[axis] ?? 0) * (right[axis] ?? 0);
  return sum;
}

/** All but the outermost two of a hundred at each end: single patches must not dim all others. */
function quantiles(values: readonly number[]): readonly [number, number] {
  const sorted = values.toSorted((left, right) => left - right);
  const at = (share: number) => sorted[Math.round(share * (sorted.length - 1))] ?? 0;
  return [at(0.02), at(0.98)];
}
