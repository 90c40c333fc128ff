import type { TaskPage } from '../api/schemas.ts';
import { type Connection, call } from '../connection.ts';

/** Certified tasks, newest first; `before` is the `order` of the last one of the page before. */
export function getTasks(
  connection: Connection,
  page: { readonly limit?: number; readonly before?: number } = {},
): Promise<TaskPage> {
  return call(connection, 'tasks', { query: { ...page } });
}
