import { expect, test } from "vitest";

interface Measured {
  readonly gradients: number;
  readonly groupings: number;
  readonly dispatches: number;
  readonly kernels: number;
}

/** Compiles an encoder with the gradients of all its parameters; every pass and the plan are verified on the way. */
async function measured(model: string, profile: string): Promise<Measured> {
  const script = new URL("../compare/gradients.mjs", import.meta.url);
  const { measure } = await import(script.href);
  return measure({ model, profile, batch: 1 });
}

test.each(["portable", "software"])(
  "an encoder with the gradients of all its parameters compiles: %s",
  async (profile) => {
    const tiny = await measured("InternViT_tiny", profile);
    expect(tiny.gradients).toBe(56);
    // Every parameter's gradient is stored by some dispatch, and some store several.
    expect(tiny.dispatches).toBeGreaterThan(56);
    // Kernels that bind too much are all cut at once: what is grouped anew does not grow with the model.
    const deeper = await measured("InternViT_Ti", profile);
    expect(deeper.gradients).toBe(160);
    expect(deeper.dispatches).toBeGreaterThan(2 * tiny.dispatches);
    expect(deeper.groupings).toBe(tiny.groupings);
    expect(deeper.groupings).toBeLessThanOrEqual(3);
    // Layers are alike, so more of them need no more kernels.
    expect(deeper.kernels).toBeLessThanOrEqual(tiny.kernels + 4);
  },
  300_000,
);
