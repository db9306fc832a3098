import type pc from "picocolors";

/** Colours for a text: those of `picocolors`, switched off where nobody looks. */
export type Colors = ReturnType<typeof pc.createColors>;
