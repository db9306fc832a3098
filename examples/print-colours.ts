/** A preview in the terminal: two patches above each other in one character. Letters where there are no colours. */
export function printColours(colours: Uint8Array, rows: number, columns: number): void {
  const hasColours = process.stdout.isTTY === true && (process.env.NO_COLOR ?? "") === "";
  const at = (row: number, column: number) => {
    const from = (row * columns + column) * 3;
    return colours.subarray(from, from + 3);
  };
  for (let row = 0; row + 1 < rows; row += 2) {
    let line = "  ";
    for (let column = 0; column < columns; column += 1) {
      const [upper, lower] = [at(row, column), at(row + 1, column)];
      line += hasColours
        ? `\x1b[38;2;${upper.join(";")};48;2;${lower.join(";")}m▀`
        : letter(upper).repeat(2);
    }
    console.log(hasColours ? `${line}\x1b[0m` : line);
  }
}

const letters = " .:-=+*#%@";

/** By brightness. */
function letter([red = 0, green = 0, blue = 0]: Uint8Array): string {
  const brightness = (0.3 * red + 0.59 * green + 0.11 * blue) / 256;
  return letters[Math.floor(brightness * letters.length)] ?? " ";
}
