type Settings = Record<string, string>;

/**
 * Variables that a deploy sets in each function, one per line. Lines that begin with `*` change the
 * deployed value.
 * @param wanted by function, then by variable
 * @param deployed the same for the deployed stage; an absent function is not deployed or not readable
 */
export function formatSettingChanges(
  wanted: Record<string, Settings>,
  deployed: Record<string, Settings | undefined>,
): string[] {
  const rows = Object.entries(wanted).flatMap(([name, settings]) => {
    const before = deployed[name];
    const set = Object.entries(settings).map(([variable, value]) => ({
      name,
      variable,
      value: shown(value),
      note: before && before[variable] !== value ? `deployed: ${shown(before[variable])}` : '',
    }));
    return set;
  });
  const width = (key: 'name' | 'variable') => Math.max(0, ...rows.map((row) => row[key].length));
  const [nameWidth, variableWidth] = [width('name'), width('variable')];
  return rows.map(({ name, variable, value, note }) =>
    `${note ? '*' : ' '} ${name.padEnd(nameWidth)}  ${variable.padEnd(variableWidth)}  ${value}${note && `  (${note})`}`.trimEnd(),
  );
}

function shown(value: string | undefined): string {
  if (value === undefined) return 'not set';
  return value === '' ? '""' : value;
}
