import {
  type InterfaceDeclarationStructure,
  type PropertySignatureStructure,
  StructureKind,
} from "ts-morph";
import type { TensorBinding } from "./model-binding.ts";

/** A record of tensors as an interface; what is an input may be named by a text as well. */
export function interfaceOf(
  name: string,
  summary: string,
  tensors: readonly TensorBinding[],
  isInput: boolean,
): InterfaceDeclarationStructure {
  return {
    kind: StructureKind.Interface,
    name,
    isExported: true,
    docs: [summary],
    properties: tensors.map((tensor): PropertySignatureStructure => {
      const type = tensorType(tensor);
      return {
        kind: StructureKind.PropertySignature,
        name: tensor.name,
        isReadonly: true,
        hasQuestionToken: tensor.isOptional,
        type: isInput ? `${type} | string` : type,
        docs: [tensorDocumentation(tensor, isInput)],
      };
    }),
  };
}

/** The type of the library that holds it. */
export function tensorType(tensor: TensorBinding): string {
  if (tensor.element === "u32") return "UnsignedTensor";
  return tensor.element === "f32" ? "RealTensor" : "IntegerTensor";
}

function tensorDocumentation(tensor: TensorBinding, isInput: boolean): string {
  const axes = tensor.shape.map(({ name, size }) =>
    size === undefined ? name : `${name} = ${size}`,
  );
  const type = `\`${tensor.element}[${axes.join(", ")}]\``;
  if (!isInput) return `${type}, row-major.`;
  if (tensor.isOptional) return `${type}, row-major. Without it, \`${tensor.reader}\`.`;
  const reader = tensor.reader === undefined ? "" : ` or an image, by \`${tensor.reader}\``;
  return `${type}, row-major. Text names a \`.npy\` file, \`FILE.safetensors:tensor\`, \`random:SEED\`${reader}.`;
}
