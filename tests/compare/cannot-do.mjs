/** Why a library has no row in a table, said by its runner. */
export class CannotDo extends Error {}

/** Libraries that bind a whole tensor at once cannot use one that is larger than a binding. */
export function assertBindable(work, limit) {
  const mebibytes = (bytes) => `${Math.round(bytes / 2 ** 20)} MiB`;
  for (const [name, { shape }] of Object.entries(work.weights)) {
    const bytes = 4 * shape.reduce((product, size) => product * size, 1);
    if (bytes > limit)
      throw new CannotDo(
        `binds \`${name}\` (${mebibytes(bytes)}) whole; this adapter binds ${mebibytes(limit)}`,
      );
  }
}
