import { Ledger } from '@assay/ledger';
import { topics } from '@assay/roles/context';
import { peerIdOf } from '@assay/roles/ports/network';
import { expect, it } from 'vitest';
import { signerOf, testChain } from '../consensus/chain.fixture.ts';
import { headTopic } from '../consensus/follow/wire.ts';
import { publishers } from './publishers.ts';

it('mixers alone speak of tasks and presence, and of the newest block who is followed (§5.26)', () => {
  const view = Ledger.fromGenesis(testChain().genesis).view();
  const [mixer, node, stranger] = ['mixer', 'node', 'stranger'].map((name) => peerIdOf(signerOf(name)));
  const may = publishers({ followed: new Set([node ?? '']), head: () => view });
  const mayAll = [topics.tasks, topics.presence, headTopic].map((topic) =>
    [mixer, node, stranger, 'no key'].map((peer) => may(topic, peer ?? '')),
  );
  expect(mayAll).toEqual([
    [true, false, false, false],
    [true, false, false, false],
    [false, true, false, false],
  ]);
  expect(publishers({ followed: new Set(), head: () => null })(topics.tasks, mixer ?? '')).toBe(false);
});
