import { Option } from 'commander';
import { settings } from '../config.js';

/** The settings of the server as options of a command. */
export function settingOptions(): Option[] {
  return Object.values(settings).map(({ flag, variable, default: value, help }) => {
    const shown = value === undefined || value === 'false' ? '' : `, default ${value}`;
    return new Option(flag, `${help} (${variable}${shown})`);
  });
}
