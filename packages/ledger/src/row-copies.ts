import type { AccountRow, MinerRow, SessionRow, TaskRow } from '@assay/protocol';

/** Copies of the rows that change most: each function only ever sees rows of one kind, and is quick for it. */
export const copies = {
  account: (row: Readonly<AccountRow>): AccountRow => ({ ...row }),
  miner: (row: Readonly<MinerRow>): MinerRow => ({ ...row }),
  session: (row: Readonly<SessionRow>): SessionRow => ({ ...row }),
  task: (row: Readonly<TaskRow>): TaskRow => ({ ...row }),
};
