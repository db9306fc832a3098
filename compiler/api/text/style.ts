import pc from "picocolors";

/** Colours for a text: those of `picocolors`, switched off where nobody looks. */
type Colors = ReturnType<typeof pc.createColors>;

/** How a text for people is laid out. */
export interface Style {
  readonly colors: Colors;
  /** Columns of the terminal. In files and pipes there is none: a row is a line, however long. */
  readonly width: number | undefined;
}

export const plainStyle: Style = { colors: pc.createColors(false), width: undefined };
