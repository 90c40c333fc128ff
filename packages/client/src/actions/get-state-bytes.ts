import { type Connection, callBytes } from '../connection.ts';
import { ClientError } from '../errors.ts';

/** The newest state that the node keeps up to a height, serialised, and its block with the seal. */
export async function getStateBytes(
  connection: Connection,
  height: number,
): Promise<{ readonly block: Uint8Array; readonly state: Uint8Array }> {
  const bytes = await callBytes(connection, 'state', { path: { height } });
  const end = bytes.length < 4 ? 0 : 4 + new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true);
  if (end === 0 || end > bytes.length) {
    throw new ClientError('BAD_ANSWER', "The node's answer ends in the middle of a block.");
  }
  return { block: bytes.subarray(4, end), state: bytes.subarray(end) };
}
