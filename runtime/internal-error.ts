/**
 * Our own mistake: an artifact that names what it does not have, a call out of order. Whoever uses the
 * runtime cannot mend it; what can be mended is a `RuntimeFault`.
 */
export class InternalError extends Error {
  override readonly name = "InternalError";
}
