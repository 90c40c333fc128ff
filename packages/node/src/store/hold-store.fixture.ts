import { openStore } from './store.ts';

// Run as a process of its own: opens the directory it is given and holds it until it is killed, or says why it cannot.
const [dir = '', genesisHex = ''] = process.argv.slice(2);
try {
  await openStore({ dir, genesisHash: Buffer.from(genesisHex, 'hex') });
  process.stdout.write('open\n');
  setInterval(() => {}, 1000);
} catch (error) {
  process.stdout.write(`${(error as { code: string }).code} ${(error as Error).message}\n`);
}
