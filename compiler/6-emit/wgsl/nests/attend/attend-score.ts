import { call, floatConstant } from "../../../../ir/expr/expr.ts";
import type { Expr } from "../../../../ir/expr/expr-form.ts";
import type { Block } from "../../writer/block.ts";
import { type FourPositions, type KernelWriter, placed } from "../../writer/kernel-writer.ts";
import { literal } from "../../writer/literals.ts";
import type { Attend } from "./attend-tile.ts";

/** What a nest multiplies scores with before it raises a number to their power. */
interface ScoreUnits {
  readonly factor: number;
  readonly power: "exp" | "exp2";
}

/**
 * Powers of two, which devices compute themselves. Where a mask is added its numbers may be as low as floats
 * are, and have to stay as they are: the lowest number in other units would be an infinity. So would it be
 * another number in the logarithm of a row's sum.
 */
export function scoreUnits({ bias, hasLogSum }: Attend): ScoreUnits {
  return bias === undefined && !hasLogSum
    ? { factor: Math.LOG2E, power: "exp2" }
    : { factor: 1, power: "exp" };
}

/** Products of queries and keys: the name of one, or of four at four keys. */
interface Products {
  readonly name: string;
  /** What they are still to be multiplied with. */
  readonly scale: number;
  /** Of each: the positions of its query and its key. */
  readonly at: readonly ReadonlyMap<number, Expr>[];
}

/** The text of scores, in units that are `factor` times smaller: scaled, capped, with the mask that is added. */
export function scoreText(
  writer: KernelWriter,
  { bias, cap }: Pick<Attend, "bias" | "cap">,
  { name, scale, at }: Products,
  factor: number,
  block: Block,
): string {
  const { printer } = writer;
  const score =
    cap === undefined
      ? times(name, scale * factor)
      : times(
          cappedText(
            writer,
            name,
            at.length === 1 ? undefined : writer.fours("0", 4, block),
            scale / cap,
            block,
          ),
          cap * factor,
        );
  if (bias === undefined) return score;
  const added = at.map((positions) => printer.scalar(placed(positions)(bias), block));
  return `${score} + ${added.length === 1 ? added[0] : `vec4f(${added.join(", ")})`}`;
}

function cappedText(
  writer: KernelWriter,
  name: string,
  four: FourPositions | undefined,
  scale: number,
  block: Block,
): string {
  const product = writer.result(name, four === undefined ? 1 : 4, block);
  const scaled = call("mul", [product, floatConstant(scale)], "f32");
  const capped = call("tanh", [scaled], "f32");
  return four === undefined
    ? writer.printer.scalar(capped, block)
    : writer.printer.vector(capped, four.axis, block);
}

function times(text: string, factor: number): string {
  return factor === 1 ? text : `${text} * ${literal(factor, "f32")}`;
}

/**
 * The weight of a score beside the largest, `type` being theirs. The difference of "lowest" and a score is kept
 * finite, by a comparison that lets NaN pass, as `max` would not: a row with such a score is NaN.
 */
export function weightText(
  { power }: Pick<ScoreUnits, "power">,
  score: string,
  most: string,
  type: string,
): string {
  const difference = `${score} - ${most}`;
  const least = type === "f32" ? "-1000.0f" : `${type}(-1000.0f)`;
  return `${power}(select(${difference}, ${least}, ${difference} < ${least}))`;
}
