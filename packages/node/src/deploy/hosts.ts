import { isIP } from 'node:net';
import { AssayError } from '@assay/protocol';
import type { HostPlace } from './plan.ts';

/**
 * The machines of a `--hosts` file: a name and an address on each line, `#` before a remark. Throws AssayError
 * INVALID_REQUEST, which names the line.
 */
export function parseHosts(text: string): HostPlace[] {
  const hosts: HostPlace[] = [];
  for (const [index, raw] of text.split('\n').entries()) {
    const line = raw.replace(/#.*/, '').trim();
    if (line === '') continue;
    const [name = '', address = '', ...more] = line.split(/\s+/);
    const isGood = /^[a-z0-9][a-z0-9-]{0,62}$/.test(name) && isPlace(address) && more.length === 0;
    if (isGood) hosts.push({ name, address });
    else {
      const sentence = `Line ${index + 1} of the hosts, "${line}", is not a name and an address: berlin 203.0.113.7`;
      throw new AssayError('INVALID_REQUEST', sentence);
    }
  }
  return hosts;
}

const isPlace = (address: string) =>
  isIP(address) !== 0 || /^(?=.{1,100}$)[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/i.test(address);
