/** What a role remembers over a restart. */
export interface RoleStore {
  get(key: string): Uint8Array | undefined;
  /** Visible at once, durable once `flushed` resolves. The block of `expiryHeight`, when given, deletes it. */
  put(key: string, value: Uint8Array, expiryHeight?: number): void;
  delete(key: string): void;
  /** All entries whose key begins with `prefix`, in the order of their keys. */
  entries(prefix: string): Iterable<{ key: string; value: Uint8Array }>;
  /** Resolves once everything put or deleted before is durable. Rejects with AssayError DISK_FULL or DISK_FAILED. */
  flushed(): Promise<void>;
}
