import type { ScalarType } from "../../../ir/expr/scalar-types.ts";
import type { CalledFunctions } from "../functions/called-functions.ts";
import { type Binding, naturalType } from "./binding-table.ts";
import { typeName, type Width } from "./value-types.ts";
import { groupOfWords, groupsOfWords } from "./word-groups.ts";

/** Text of loading one element from a binding declared singly. */
export function narrowLoad(
  binding: Binding,
  index: string,
  type: ScalarType,
  functions: CalledFunctions,
): string {
  const { name, layout } = binding;
  switch (layout) {
    case "f32":
    case "i32":
    case "u32":
      return converted(`${name}[${index}]`, naturalType(layout), type, 1);
    case "f16":
      return converted(`f32(${name}[${index}])`, "f32", type, 1);
    case "f16-pairs":
      return converted(
        `unpack2x16float(${name}[(${index}) >> 1u])[(${index}) & 1]`,
        "f32",
        type,
        1,
      );
    case "bf16-pairs":
      return converted(
        `${functions.use("widen_bf16", 1)}(${name}[(${index}) >> 1u], ${index})`,
        "f32",
        type,
        1,
      );
    case "i8-words":
      return `${functions.use("widen_i8", 1)}(${name}[(${index}) >> 2u], ${index})`;
    case "i4-words":
      return `${functions.use("widen_i4", 1)}(${name}[(${index}) >> 3u], ${index})`;
  }
}

/** The same from a binding declared in fours: element `place` of group `group`. */
export function elementOfGroup(
  binding: Binding,
  group: string,
  place: string,
  type: ScalarType,
  functions: CalledFunctions,
): string {
  const { name, layout } = binding;
  switch (layout) {
    case "f32":
    case "i32":
    case "u32":
      return converted(`${name}[${group}][${place}]`, naturalType(layout), type, 1);
    case "f16":
      return converted(`f32(${name}[${group}][${place}])`, "f32", type, 1);
    case "f16-pairs":
      return converted(
        `unpack2x16float(${name}[${group}][(${place}) >> 1u])[(${place}) & 1]`,
        "f32",
        type,
        1,
      );
    case "bf16-pairs":
      return converted(
        `${functions.use("widen_bf16", 1)}(${name}[${group}][(${place}) >> 1u], ${place})`,
        "f32",
        type,
        1,
      );
    case "i8-words":
      return `${functions.use("widen_i8", 1)}(${name}[(${group}) >> 1u][(${group}) & 1], ${place})`;
    case "i4-words":
      return `${functions.use("widen_i4", 1)}(${name}[(${group}) >> 2u][((${group}) >> 1u) & 1], 4 * (${group}) + ${place})`;
  }
}

export function wideLoad(
  binding: Binding,
  group: string,
  type: ScalarType,
  functions: CalledFunctions,
): string {
  const { name, layout } = binding;
  const raw = `${name}[${group}]`;
  switch (layout) {
    case "f32":
    case "i32":
    case "u32":
      return converted(raw, naturalType(layout), type, 4);
    case "f16":
      return converted(`vec4f(${raw})`, "f32", type, 4);
    case "f16-pairs":
      return converted(`${functions.use("widen_f16_pairs", 4)}(${raw})`, "f32", type, 4);
    case "bf16-pairs":
      return converted(`${functions.use("widen_bf16_pairs", 4)}(${raw})`, "f32", type, 4);
    case "i8-words":
    case "i4-words":
      return groupOfWords(
        layout,
        `${name}[(${group}) / ${groupsOfWords[layout]}]`,
        group,
        functions,
      );
  }
}

/** A value as the binding stores it. */
export function storedText(
  binding: Binding,
  value: string,
  type: ScalarType,
  width: Width,
): string {
  if (binding.layout === "f16") return width === 1 ? `f16(${value})` : `vec4<f16>(${value})`;
  return converted(value, type, naturalType(binding.layout), width);
}

function converted(code: string, from: ScalarType, to: ScalarType, width: Width): string {
  if (from === to) return code;
  if (to === "bool") return `(${code} != ${typeName(from, width)}(0))`;
  return `${typeName(to, width)}(${code})`;
}
