const own = { image: 224, depth: 12 };

/** An override that says what is so already would be a mistake. */
const overriding = (name, value) => (value === own[name] ? {} : { set: { [name]: value } });

/** What is varied; everything else is InternViT-S: 12 layers, 224 px (197 tokens), batch 1. */
export const sweeps = [
  {
    name: "batch",
    title: "InternViT-S by batch",
    axis: "images in a batch",
    values: [1, 2, 4, 8, 16, 32],
    request: (batch) => ({ sizes: { B: batch } }),
    at: (batch) => batch,
    powers: [0, 1],
  },
  {
    name: "tokens",
    title: "InternViT-S by tokens",
    axis: "tokens",
    /** Images of so many patches a side, and the class token. */
    values: [7, 10, 14, 17, 21, 24, 28, 32],
    request: (side) => overriding("image", 16 * side),
    at: (side) => side * side + 1,
    // Attention compares every token with every other.
    powers: [0, 1, 2],
  },
  {
    name: "depth",
    title: "InternViT-S by depth",
    axis: "layers",
    values: [4, 8, 12, 24, 36, 48],
    request: (depth) => overriding("depth", depth),
    at: (depth) => depth,
    powers: [0, 1],
  },
];
