import type { LedgerView } from '@assay/ledger';
import type { ModelRow } from '@assay/protocol';
import type { Endpoint, PeerId } from '@assay/roles/ports/network';
import type { Runtime } from '@assay/roles/ports/runtime';
import type { Measuring } from '@assay/roles/validator/index';
import { ModelServer } from './exchange.ts';
import { ModelFetcher } from './fetch-model.ts';
import type { Shelf } from './shelf.ts';

/** A panel's member votes in time, with or without the file: this part of it is for the fetch. */
const fetchPart = 0.75;

export interface TradeParts {
  readonly endpoint: Pick<Endpoint, 'open' | 'handle'>;
  readonly shelf: Shelf;
  readonly runtime: Runtime;
  readonly peers: readonly PeerId[];
  readonly head: () => Pick<LedgerView, 'params'>;
  /** What is done when the node ends. */
  readonly closing: { add(close: () => void): void };
}

/** Serves the files on a shelf, and gives what fetches others onto it for the panels of this node (§4.5.1, §19.8). */
export function tradeModels(parts: TradeParts): NonNullable<Measuring['fetch']> {
  const { endpoint, shelf, runtime, peers, head, closing } = parts;
  const server = new ModelServer({ endpoint, shelf, runtime, peers });
  closing.add(() => server.close());
  const holdersOf = (fileHash: string) => server.holdersOf(fileHash);
  const fetcher = new ModelFetcher({ endpoint, shelf, runtime, holdersOf });
  return async ({ fileHash, manifestRoot, name }) => {
    const { models, blockTimeMs } = head().params;
    const over = new AbortController();
    const cancel = runtime.timer(models.voteBlocks * blockTimeMs * fetchPart, () => over.abort());
    try {
      const maxBytes = models.maxFileMib * 2 ** 20;
      await fetcher.fetch({ fileHash, manifestRoot, maxBytes, signal: over.signal });
    } catch (error) {
      runtime.log(`the file of ${name} was not fetched: ${(error as Error).message}`);
    } finally {
      cancel();
    }
  };
}

/** What a validator checks with: the model it serves, and the files on its shelf, which panels fetch onto it. */
export function withShelf(
  measuring: Measuring,
  {
    shelf,
    open,
    fetch,
  }: {
    readonly shelf: Shelf;
    readonly open: (path: string) => ReturnType<Measuring['open']>;
    readonly fetch: ((model: Readonly<ModelRow>) => Promise<void>) | null;
  },
): Measuring {
  return {
    engine: measuring.engine,
    open: async (fileHash) => {
      const own = await measuring.open(fileHash);
      if (own !== null) return own;
      return (await shelf.offerOf(fileHash)) === null ? null : open(shelf.pathOf(fileHash));
    },
    ...(fetch === null ? {} : { fetch }),
  };
}
