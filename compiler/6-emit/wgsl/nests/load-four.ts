import type { Expr } from "../../../ir/expr/expr-form.ts";
import type { Block } from "../writer/block.ts";
import type { KernelWriter } from "../writer/kernel-writer.ts";

/**
 * An operand at four neighbouring positions, for a nest whose groups of four may reach beyond the last
 * position: what lies there is 0. `group` is the text of the number of the group, `name` a name for it
 * that stands nowhere else in the kernel.
 */
export function loadFour(
  writer: KernelWriter,
  name: string,
  group: string,
  extent: number,
  groupsAsked: number,
  at: (position: Expr) => Expr,
  block: Block,
): string {
  const { printer } = writer;
  const groups = Math.ceil(extent / 4);
  const mayBeBeyond = groupsAsked > groups;
  if (mayBeBeyond) block.add(`let ${name}_asked = ${group};`);
  block.add(`let ${name} = ${mayBeBeyond ? `min(${name}_asked, ${groups - 1})` : group};`);
  const four = writer.fours(name, extent, block);
  if (extent % 4 === 0) {
    const loaded = printer.vector(at(four.expr), four.axis, block);
    return mayBeBeyond ? `select(vec4f(), ${loaded}, ${name}_asked < ${groups})` : loaded;
  }
  const singles = [0, 1, 2, 3].map((place) => {
    const position = `min(4 * ${name} + ${place}, ${extent - 1})`;
    return printer.scalar(
      at(writer.define(`${name}_${place}`, position, extent, block).expr),
      block,
    );
  });
  const asked = mayBeBeyond ? `${name}_asked` : name;
  const exists = `vec4i(4 * ${asked}) + vec4i(0, 1, 2, 3) < vec4i(${extent})`;
  return `select(vec4f(), vec4f(${singles.join(", ")}), ${exists})`;
}
