import { type Account, type Client, ClientError } from '@assay/client';

/** An address that never held anything holds nothing. */
export async function accountOf(node: Client, address: string): Promise<Account> {
  try {
    return await node.getAccount(address);
  } catch (error) {
    if (!(error instanceof ClientError) || error.code !== 'NOT_FOUND') throw error;
    return { address, balanceUnits: '0', nonce: 0 };
  }
}
