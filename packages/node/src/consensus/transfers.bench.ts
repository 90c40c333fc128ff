import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { transactionSigningRoot } from '@assay/ledger';
import { addressOf, limits, Transaction } from '@assay/protocol';
import { toHex } from '@assay/ssz';
import { type Bench, secondsOf } from '../../../../bench/bench.ts';
import { type Postgres, postgresRow } from '../../../../bench/postgres.ts';
import { useNativeHasher } from '../crypto/hasher.ts';
import { nativeVerifier } from '../crypto/verifier.ts';
import { openTestEngine, startBalanceUnits, type TestChain, testChain, transferOf } from './chain.fixture.ts';

const holders = 10_000;
const perBlock = 8192;
const blocks = 6;
const feeUnits = 1_000_000n;

const chain = testChain({ accounts: holders, epochBlocks: 1000 });

/** Signed transfers, one block's worth after the other; every holder sends and receives in turn. */
function signedTransfers(): Uint8Array[][] {
  const nonces = new Map<number, number>();
  return Array.from({ length: blocks }, (_, b) =>
    Array.from({ length: perBlock }, (_each, i) => {
      const index = (b * perBlock + i) % holders;
      const nonce = nonces.get(index) ?? 0;
      nonces.set(index, nonce + 1);
      const [from, to] = [chain.accounts[index], chain.accounts[(index * 7 + 1) % holders]];
      if (from === undefined || to === undefined) throw new Error('no such holder');
      return transferOf(chain, { from, to: to.address, nonce });
    }),
  );
}

interface Transfer {
  readonly from: Uint8Array;
  readonly to: Uint8Array;
  readonly nonce: number;
  readonly amountUnits: bigint;
}

/** What the peers do in front of their database: read the transaction and check its signature. */
function checked({ identity }: TestChain, bytes: Uint8Array): Transfer {
  const { content, signature } = Transaction.deserialize(bytes);
  const { body, publicKey, nonce } = content;
  if (body.kind !== 'transfer') throw new Error('not a transfer');
  const root = transactionSigningRoot(identity, content);
  if (!nativeVerifier.ed25519(publicKey, root, signature)) throw new Error('a signature is not good');
  return { from: addressOf(publicKey), nonce, ...body.value };
}

async function rate(
  work: readonly Uint8Array[][],
  apply: (block: Uint8Array[]) => Promise<void> | void,
): Promise<number> {
  const [first = [], ...measured] = work;
  await apply(first);
  const seconds = await secondsOf(async () => {
    for (const block of measured) await apply(block);
  });
  return (perBlock * measured.length) / seconds;
}

async function assay(work: readonly Uint8Array[][]): Promise<number> {
  const dir = mkdtempSync(join(tmpdir(), 'assay-bench-chain-'));
  const { engine, close } = await openTestEngine(chain, dir);
  const result = await rate(work, async (block) => {
    const included = Promise.all(block.map((bytes) => engine.chain.submit(bytes)));
    await engine.produceNow();
    const refused = (await included).find(({ code }) => code !== 'OK');
    if (refused !== undefined) throw new Error(`a transfer was refused: ${refused.code}`);
  });
  await close();
  rmSync(dir, { recursive: true });
  return result;
}

async function sqlite(work: readonly Uint8Array[][]): Promise<number> {
  const dir = mkdtempSync(join(tmpdir(), 'assay-bench-sqlite-'));
  const database = new DatabaseSync(join(dir, 'ledger.db'));
  database.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;
    CREATE TABLE accounts (address BLOB PRIMARY KEY, balance INTEGER NOT NULL, nonce INTEGER NOT NULL) WITHOUT ROWID`);
  const open = database.prepare('INSERT INTO accounts VALUES (?, ?, 0)');
  for (const { address } of chain.accounts) open.run(address, startBalanceUnits);
  const pay = database.prepare(
    'UPDATE accounts SET balance = balance - ?1, nonce = nonce + 1 WHERE address = ?2 AND nonce = ?3 AND balance >= ?1',
  );
  const credit = database.prepare('UPDATE accounts SET balance = balance + ?1 WHERE address = ?2');
  const result = await rate(work, (block) => {
    database.exec('BEGIN');
    for (const bytes of block) {
      const { from, to, nonce, amountUnits } = checked(chain, bytes);
      if (pay.run(amountUnits + feeUnits, from, nonce).changes !== 1) throw new Error('refused');
      credit.run(amountUnits, to);
    }
    database.exec('COMMIT');
  });
  database.close();
  rmSync(dir, { recursive: true });
  return result;
}

async function postgres(server: Postgres, work: readonly Uint8Array[][]): Promise<number> {
  const copied = (rows: readonly string[]) => `FROM STDIN;\n${rows.join('\n')}\n\\.\n`;
  const accounts = chain.accounts.map(({ address }) => `\\\\x${toHex(address)}\t${startBalanceUnits}\t0`);
  await server.run(`
    CREATE TABLE accounts (address BYTEA PRIMARY KEY, balance BIGINT NOT NULL CHECK (balance >= 0), nonce BIGINT);
    CREATE TEMP TABLE incoming (sender BYTEA, receiver BYTEA, amount BIGINT);
    COPY accounts ${copied(accounts)} ANALYZE;`);
  return rate(work, (block) => {
    const rows = block.map((bytes) => {
      const { from, to, amountUnits } = checked(chain, bytes);
      return `\\\\x${toHex(from)}\t\\\\x${toHex(to)}\t${amountUnits}`;
    });
    return server.run(`BEGIN; COPY incoming ${copied(rows)}
      UPDATE accounts a SET balance = balance - p.spent, nonce = nonce + p.sent
        FROM (SELECT sender, sum(amount + ${feeUnits}) AS spent, count(*) AS sent FROM incoming GROUP BY sender) p
        WHERE a.address = p.sender;
      UPDATE accounts a SET balance = balance + p.got
        FROM (SELECT receiver, sum(amount) AS got FROM incoming GROUP BY receiver) p WHERE a.address = p.receiver;
      TRUNCATE incoming; COMMIT;`);
  });
}

export const bench: Bench = {
  id: 2,
  title: `Signed transfers from submission to a durable block of ${perBlock}; ${holders} accounts`,
  unit: 'transfers/s',
  target: '10,000/s, 3 × SQLite',
  compared: true,
  async run(say) {
    if (perBlock > limits.maxBlockTransactions) throw new Error('a block does not hold so many');
    useNativeHasher();
    say('signing');
    const work = signedTransfers();
    say('Assay');
    const ours = await assay(work);
    say('SQLite');
    const theirs = await sqlite(work);
    say('PostgreSQL');
    return [
      { who: 'Assay engine', value: ours, note: 'signatures, every rule, root, block on disk' },
      { who: 'SQLite, WAL', value: theirs, note: 'signatures checked; one synchronous transaction a block; no root' },
      await postgresRow('signatures checked; one COPY and set statements a block', (server) => postgres(server, work)),
    ];
  },
};
