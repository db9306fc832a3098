import type { CstElement, CstNode, IToken } from "chevrotain";

/** Reading the concrete tree. After an error any child may be missing, so everything is optional here. */
export function nodesOf(node: CstNode | undefined, rule: string): readonly CstNode[] {
  return (node?.children[rule] ?? []).filter((child): child is CstNode => "children" in child);
}

export function nodeOf(node: CstNode | undefined, rule: string, at = 0): CstNode | undefined {
  return nodesOf(node, rule)[at];
}

/** Tokens that are in the text; those that recovery invented are left out. */
export function tokensOf(node: CstNode | undefined, type: string): readonly IToken[] {
  return (node?.children[type] ?? []).filter(
    (child): child is IToken => "image" in child && child.isInsertedInRecovery !== true,
  );
}

export function tokenOf(node: CstNode | undefined, type: string, at = 0): IToken | undefined {
  return tokensOf(node, type)[at];
}

/** The only child of a rule that is a choice between rules, or between tokens. */
export function onlyNode(node: CstNode | undefined): CstNode | undefined {
  const child = childrenOf(node)[0];
  return child !== undefined && "children" in child ? child : undefined;
}
export function onlyToken(node: CstNode | undefined): IToken | undefined {
  const child = childrenOf(node)[0];
  return child !== undefined && "image" in child ? child : undefined;
}

/** All children; in the order of the text only within one kind. */
export function childrenOf(node: CstNode | undefined): readonly CstElement[] {
  return node === undefined ? [] : Object.values(node.children).flat();
}
