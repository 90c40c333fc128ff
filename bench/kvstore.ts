import { type ChildProcess, execFile, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { freePorts } from '@assay/node/consensus/cometbft/net.fixture';

const tool = 'github.com/cometbft/cometbft/abci/cmd/abci-cli';
const module = join(import.meta.dirname, '../tools/cometbft');
const pollMs = 20;

export interface KvOptions {
  readonly binary: string;
  readonly validators: number;
  /** Whether the store is a program of its own behind a socket, as ours is, or part of CometBFT's process. */
  readonly isBehindSocket: boolean;
  /** Connections at each node over which transactions are sent. */
  readonly connections: number;
}

/** CometBFT's own example of an application: stores `key=value`, and checks nothing but that there is a `=`. */
export class KvStore {
  readonly #dir: string;
  readonly #running: ChildProcess[] = [];
  readonly #sockets: WebSocket[] = [];
  #rpc = '';

  private constructor(dir: string) {
    this.#dir = dir;
  }

  static async start(options: KvOptions): Promise<KvStore> {
    const store = new KvStore(mkdtempSync(join(tmpdir(), 'assay-bench-kv-')));
    try {
      await store.#start(options);
      return store;
    } catch (error) {
      await store.stop();
      throw error;
    }
  }

  /**
   * Sends transactions, so many on their way to a block at once, and gives the seconds until the last was in one.
   * Throws when one is refused.
   */
  async sendAll(transactions: readonly string[], window: number): Promise<number> {
    let [next, landed, height] = [0, 0, await this.#height()];
    let fault: Error | null = null;
    for (const socket of this.#sockets) {
      socket.onmessage = ({ data }) => {
        const { error, result } = JSON.parse(String(data)) as { error?: unknown; result?: { code: number } };
        if (result?.code !== 0) fault = new Error(`a transaction was refused: ${JSON.stringify(error ?? result)}`);
      };
    }
    const startedMs = performance.now();
    while (landed < transactions.length) {
      if (fault !== null) throw fault;
      for (; next < transactions.length && next - landed < window; next++) this.#send(next, transactions[next] ?? '');
      const top = await this.#height();
      if (top > height) landed += await this.#landed(height + 1, top);
      else await new Promise((resolve) => setTimeout(resolve, pollMs));
      height = top;
    }
    return (performance.now() - startedMs) / 1000;
  }

  async stop(): Promise<void> {
    for (const socket of this.#sockets) socket.close();
    for (const child of this.#running.reverse()) {
      child.kill('SIGKILL');
      if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
    }
    rmSync(this.#dir, { recursive: true, force: true });
  }

  async #start(options: KvOptions): Promise<void> {
    const { binary, validators, isBehindSocket, connections } = options;
    const ports = await freePorts(2 * validators);
    execFileSync(binary, ['testnet', '--v', `${validators}`, '--o', this.#dir, '--populate-persistent-peers=false']);
    const homes = Array.from({ length: validators }, (_, i) => join(this.#dir, `node${i}`));
    const ids = homes.map((home) =>
      execFileSync(binary, ['show-node-id', '--home', home], { encoding: 'utf8' }).trim(),
    );
    for (const [i, home] of homes.entries()) {
      const socket = `unix://${home}/app`;
      if (isBehindSocket) this.#run(await abciCli(binary), ['kvstore', '--address', socket, '--abci', 'socket']);
      const peers = ids.flatMap((id, j) => (i === j ? [] : [`${id}@127.0.0.1:${ports[j]}`]));
      this.#run(binary, ['node', '--home', home], {
        CMT_PROXY_APP: isBehindSocket ? socket : 'kvstore',
        CMT_P2P_LADDR: `tcp://127.0.0.1:${ports[i]}`,
        CMT_P2P_PERSISTENT_PEERS: peers.join(','),
        CMT_RPC_LADDR: `tcp://127.0.0.1:${ports[validators + i]}`,
        ...settings,
      });
    }
    this.#rpc = `http://127.0.0.1:${ports[validators]}`;
    let isUp = false;
    for (let asked = 0; !isUp && asked < 300; asked++) {
      isUp = (await this.#height().catch(() => 0)) >= 3;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    if (!isUp) throw new Error('the key-value store makes no blocks');
    for (let i = 0; i < connections * validators; i++) {
      const socket = new WebSocket(`ws://127.0.0.1:${ports[validators + (i % validators)]}/websocket`);
      await new Promise((resolve) => socket.addEventListener('open', resolve, { once: true }));
      this.#sockets.push(socket);
    }
  }

  #run(program: string, argv: string[], environment: NodeJS.ProcessEnv = {}): void {
    this.#running.push(spawn(program, argv, { stdio: 'ignore', env: { ...process.env, ...environment } }));
  }

  #send(index: number, transaction: string): void {
    const tx = Buffer.from(transaction).toString('base64');
    const call = { jsonrpc: '2.0', id: index, method: 'broadcast_tx_sync', params: { tx } };
    this.#sockets[index % this.#sockets.length]?.send(JSON.stringify(call));
  }

  async #height(): Promise<number> {
    const { sync_info } = (await this.#ask('status')) as { sync_info: { latest_block_height: string } };
    return Number(sync_info.latest_block_height);
  }

  /** How many transactions the blocks of these heights have; there are at most 20. */
  async #landed(from: number, to: number): Promise<number> {
    const asked = `blockchain?minHeight=${from}&maxHeight=${to}`;
    const { block_metas } = (await this.#ask(asked)) as { block_metas: { num_txs: string }[] };
    return block_metas.reduce((sum, { num_txs }) => sum + Number(num_txs), 0);
  }

  async #ask(path: string): Promise<unknown> {
    const response = await fetch(`${this.#rpc}/${path}`);
    return ((await response.json()) as { result: unknown }).result;
  }
}

/** As our own nodes have them, where that does not concern the mempool. */
const settings = {
  CMT_LOG_LEVEL: 'error',
  CMT_CONSENSUS_TIMEOUT_COMMIT: '200ms',
  CMT_P2P_SEND_RATE: '20971520',
  CMT_P2P_RECV_RATE: '20971520',
  CMT_P2P_ALLOW_DUPLICATE_IP: 'true',
  CMT_P2P_ADDR_BOOK_STRICT: 'false',
  CMT_P2P_PEX: 'false',
  // What waits is not checked again after each block.
  CMT_MEMPOOL_RECHECK: 'false',
  CMT_MEMPOOL_SIZE: '65536',
  CMT_MEMPOOL_CACHE_SIZE: '131072',
  CMT_STORAGE_DISCARD_ABCI_RESPONSES: 'true',
  CMT_TX_INDEX_INDEXER: 'null',
};

/** The program that serves the store over a socket; built once, beside CometBFT. */
async function abciCli(binary: string): Promise<string> {
  const built = join(dirname(binary), 'abci-cli-0.40.0');
  if (!existsSync(built)) {
    await promisify(execFile)('go', ['build', '-mod=readonly', '-trimpath', '-o', built, tool], { cwd: module });
  }
  return built;
}
