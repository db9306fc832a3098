/** Where a figure stands: in a page, on a phone, in a column of a paper. */
export type FigureWidth = "page" | "phone" | "paper";

export const figureWidths: readonly FigureWidth[] = ["page", "phone", "paper"];

/** Pixels of CSS; 85 mm are 321 of them. */
export const pixelsOf: Readonly<Record<FigureWidth, number>> = {
  page: 720,
  phone: 340,
  paper: 321,
};

/** A picture of numbers, before it is drawn at some width. */
export interface Figure {
  /** Names its files. */
  readonly id: string;
  readonly title: string;
  /** What is drawn: n, and what a band or a bar is. */
  readonly caption: string;
  /** One form of it, or several of which the page shows one: by steps, by samples. */
  readonly views: readonly FigureView[];
}

export interface FigureView {
  /** What the page calls it: `steps`. */
  readonly name: string;
  readonly draw: (frame: Frame) => FigureSpec;
}

/** The room for a figure. */
export interface Frame {
  readonly width: FigureWidth;
  /** Columns of small multiples that stand side by side. */
  readonly columns: number;
  /** Pixels of one panel, without its axis. */
  readonly panel: number;
  /** Whether only the room of axes and legends matters, so that most marks may be left out. */
  readonly isSketch: boolean;
}

/** A description in the terms of Vega-Lite. */
export type FigureSpec = Readonly<Record<string, unknown>>;
