import type { Pending, TaskDetail } from '../api/schemas.ts';
import { type Connection, callPending } from '../connection.ts';

/** One task, its audit and its history; `Pending` until it is in a block. Throws ClientError NOT_FOUND. */
export function getTask(connection: Connection, taskId: string): Promise<TaskDetail | Pending> {
  return callPending(connection, 'task', { path: { taskId } });
}
