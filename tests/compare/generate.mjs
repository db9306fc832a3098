// Greedy generation, the same loop for every library that has none of its own.

/** A run is one generation; `step` takes a token at a position and gives the next. */
export function generate({ tokens, firstToken }, { begin, step, logits }) {
  let chosen = [];
  return {
    async run() {
      chosen = [];
      await begin();
      let token = firstToken;
      for (let position = 0; position < tokens; position += 1) {
        token = Number(await step(token, position));
        chosen.push(token);
      }
    },
    /** Of the last step: every mistake before it shows there. */
    result: async () => logits(),
    chosenTokens: () => chosen,
  };
}

/** Cosine and sine of the rotary angles of one position. */
export function rotations({ width, heads, base }, position) {
  const half = width / heads / 2;
  const angles = Array.from({ length: half }, (_, pair) => position / base ** (pair / half));
  return {
    cos: Float32Array.from(angles, Math.cos),
    sin: Float32Array.from(angles, Math.sin),
  };
}
