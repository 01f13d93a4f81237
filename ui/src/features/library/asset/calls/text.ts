// Texts about calls of own functions for an asset.
import { plural } from '../../../../components/format';

export const text = {
  title: 'Functions',
  failed: (name: string, attempts: number) =>
    plural(attempts, { one: `${name} failed:`, other: `${name} failed # times:` }),
  again: (name: string) => `${name} failed, and will be called again:`,
};
