/** The lines of a stream as they come, without their ends (`\n` or `\r\n`). */
export async function* readLines(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let open: string[] = [];
  for await (const chunk of chunks) {
    const [first = "", ...more] = decoder.decode(chunk, { stream: true }).split("\n");
    open.push(first);
    for (const next of more) {
      yield withoutReturn(open.join(""));
      open = [next];
    }
  }
  const last = open.join("") + decoder.decode();
  if (last !== "") yield last;
}

const withoutReturn = (line: string) => (line.endsWith("\r") ? line.slice(0, -1) : line);
