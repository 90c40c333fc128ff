import { type LedgerView, userLevelOf } from '@assay/ledger';
import type { MinerRow } from '@assay/protocol';
import type { Chain } from '@assay/roles/ports/chain';
import type { ChatService, InferenceRequest } from '@assay/roles/ports/chat';
import type { Runtime } from '@assay/roles/ports/runtime';

export interface Testing {
  readonly chain: Chain;
  readonly runtime: Pick<Runtime, 'random' | 'log'>;
  readonly chat: Pick<ChatService, 'ask'>;
  /** Of a background session. */
  readonly apiKey: string;
}

const topics = ['rain', 'bread', 'the tides', 'a violin', 'glaciers', 'chess', 'a lighthouse', 'honey', 'tall trees'];
const asks = ['Explain', 'Describe', 'Write a short story about', 'What should a child know about', 'List facts about'];
/** Tokens of a test's answer: what few users ask less of, and most more. */
const tokens = { least: 16, most: 64 };

/** Whether there is a miner that users may not be given yet. */
export function hasNewcomers(head: LedgerView): boolean {
  const isNew = (miner: Readonly<MinerRow>) =>
    miner.status === 'active' && miner.level < userLevelOf(head, miner.domain);
  return Array.from({ length: head.miners.length }, (_, index) => head.miners.standing(index)).some(isNew);
}

/**
 * Asks tests of new miners, one after the other, while there are any (§4.12.1): the draw gives them to nobody else.
 * Returns what ends it.
 */
export function testNewcomers({ chain, runtime, chat, apiKey }: Testing): () => void {
  let isAsking = false;
  let told = '';
  const leaving = new AbortController();
  const test = async () => {
    const { events } = await chat.ask(apiKey, requestOf(chain.head(), runtime), leaving.signal);
    for await (const _ of events);
  };
  const unsubscribe = chain.onBlock(() => {
    if (isAsking || !hasNewcomers(chain.head())) return;
    isAsking = true;
    test()
      .catch((error: Error) => {
        if (error.message !== told && !leaving.signal.aborted)
          runtime.log(`a new miner was not tested: ${error.message}`);
        told = error.message;
      })
      .finally(() => {
        isAsking = false;
      });
  });
  return () => {
    unsubscribe();
    leaving.abort();
  };
}

function requestOf({ models }: LedgerView, { random }: Pick<Runtime, 'random'>): InferenceRequest {
  const chance = random('tests of new miners');
  const one = (of: readonly string[]) => of[chance.int(of.length)] ?? '';
  return {
    model: models.at(0).name,
    messages: [{ role: 'user', content: `${one(asks)} ${one(topics)}.` }],
    maxTokens: tokens.least + chance.int(tokens.most - tokens.least),
    temperatureMicro: 1_000_000,
    topPMicro: 1_000_000,
    seed: null,
    stop: [],
    topLogprobs: null,
  };
}
