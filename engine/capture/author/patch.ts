export type Method = (this: object, ...args: unknown[]) => unknown;

/** Replaces `owner[name]` until the returned function is called. */
export function patch(owner: object, name: string, wrap: (original: Method) => Method): () => void {
  const target = owner as Record<string, unknown>;
  const had = Object.getOwnPropertyDescriptor(target, name);
  const original = target[name] as Method;
  Object.defineProperty(target, name, { value: wrap(original), configurable: true, writable: true, enumerable: had?.enumerable ?? false });
  return () => {
    if (had) Object.defineProperty(target, name, had);
    else delete target[name];
  };
}
