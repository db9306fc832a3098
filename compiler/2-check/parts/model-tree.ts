import type { Size } from "../../dims/size.ts";
import type { ElementType, StoredDimension } from "../../ir/graph/graph.ts";
import type { StaticValue } from "../../ops/surface/surface.ts";
import type { Span } from "../../source/source-file.ts";
import type { GraphMaking } from "../core/contexts.ts";
import type { Instance, MemberNode } from "../core/entity.ts";
import { sizeOfAxes } from "../values/members.ts";

/** A model with everything bound: what the mapping of weights and `weft inspect` ask about. */
export interface ModelTree {
  readonly root: PartSummary;
  /** Every part, the model first, in the order of declaration. */
  readonly parts: readonly PartSummary[];
  /** Every stored tensor, whether a mode reaches it or not. */
  readonly stored: readonly StoredSummary[];
}

interface PartSummary {
  /** `encoder.layers.3.attn`; empty for the model. */
  readonly path: string;
  readonly module: string;
  readonly settings: readonly { readonly name: string; readonly value: StaticValue | undefined }[];
  readonly axes: readonly {
    readonly name: string;
    readonly size: Size;
    readonly isOwned: boolean;
  }[];
  readonly span: Span;
}

interface StoredSummary {
  readonly path: string;
  readonly storage: "param" | "buffer" | "state";
  readonly element: ElementType;
  readonly dimensions: readonly StoredDimension[];
  /** Numbers where the sizes are numbers. */
  readonly shape: readonly (number | undefined)[];
  readonly span: Span;
}

export function describeModel(context: GraphMaking, instance: Instance): ModelTree {
  const parts: PartSummary[] = [];
  const stored: StoredSummary[] = [];
  const visitInstance = (one: Instance): void => {
    parts.push(summaryOf(context, one));
    for (const node of one.root.names.values()) visitNode(one, node);
  };
  const visitNode = (owner: Instance, node: MemberNode): void => {
    const { content } = node;
    if (content?.kind === "part") visitInstance(content.instance);
    if (content?.kind === "storage") {
      const { path, kind, element, dimensions, span } = content.storage;
      const shape = dimensions.map((dimension) => {
        const size = sizeOfAxes(context, dimension.axes);
        return size.type === "int" ? context.sizes.valueOf(size.value) : undefined;
      });
      stored.push({ path, storage: kind, element, dimensions, shape, span });
    }
    for (const child of node.names.values()) visitNode(owner, child);
    for (const child of node.elements.values()) visitNode(owner, child);
  };
  visitInstance(instance);
  return { root: summaryOf(context, instance), parts, stored };
}

function summaryOf(context: GraphMaking, instance: Instance): PartSummary {
  return {
    path: instance.path,
    module: instance.name,
    settings: [...instance.settings.values()].map(({ name, entity }) => ({
      name,
      value: entity.kind === "static" ? entity.value : undefined,
    })),
    axes: [...instance.axes.values()].map(({ name, axes, isOwned }) => {
      const size = sizeOfAxes(context, axes);
      return { name, size: size.type === "int" ? size.value : context.sizes.constant(0), isOwned };
    }),
    span: instance.syntax.name.span,
  };
}
