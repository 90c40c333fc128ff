import { DomainQueue } from '@assay/client';
import { table } from '@assay/explain/table';
import { z } from 'zod';
import { defineCommand } from '../command.ts';
import { wholeNumber } from '../inputs.ts';

export const queueCommand = defineCommand({
  name: 'queue',
  summary: 'Requests that wait for a miner of a domain, at the mixers of the node: how many, whose, how long.',
  arguments: [{ syntax: '[domain]', description: 'its number (default 0)' }],
  options: [],
  input: z.object({ domain: wholeNumber('The domain', { min: 0, max: 2 ** 32 - 1 }).default(0) }),
  output: DomainQueue,
  run: ({ client, input: { domain } }) => client().getQueue(domain),
  print: queueLines,
});

function queueLines({ domain, maxWaiting, maxWaitMs, mixers }: DomainQueue): string[] {
  if (mixers.length === 0) return ['This node runs no mixer; ask one that does, with --api URL.'];
  const models = mixers.flatMap(({ mixer, models: of }) =>
    of.map(({ name, slots, inHand, waiting, waitMs }) => [
      `${mixer}`,
      name,
      `${slots}`,
      `${inHand}`,
      `${waiting}`,
      seconds(waitMs),
    ]),
  );
  const waiting = mixers.flatMap(({ mixer, payers }) =>
    payers.map((each) => [`${mixer}`, each.payer, `${each.waiting}`, `${each.inHand}`]),
  );
  const oldestMs = Math.max(-1, ...mixers.map((each) => each.oldestMs ?? -1));
  return [
    ...table(['mixer', 'model', 'slots', 'in hand', 'waiting', 'expected wait'], models),
    '',
    ...(waiting.length === 0
      ? [`Nobody waits in domain ${domain}.`]
      : [
          ...table(['mixer', 'payer', 'waiting', 'in hand'], waiting),
          '',
          `The oldest has waited ${seconds(oldestMs)}.`,
        ]),
    `At each mixer up to ${maxWaiting} requests wait, for up to ${seconds(maxWaitMs)}; each payer has its turn.`,
  ];
}

const seconds = (ms: number) => `${(ms / 1000).toFixed(1)} s`;
