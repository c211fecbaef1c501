/** Values of `Ref` and `Fn::GetAtt` for a resource of the template. */
export interface LocalResource {
  ref: string;
  attributes?: Record<string, string>;
}

/**
 * Replaces a template's references with local values: `Ref`, `Fn::GetAtt`, `Fn::Sub` and `Fn::Join`,
 * anywhere in the value.
 * @param resources by logical id, including pseudo parameters such as `AWS::Region`
 * @throws Error that names an unknown reference
 */
export function resolveReferences(
  value: unknown,
  resources: Readonly<Record<string, LocalResource>>,
): unknown {
  const resolve = (part: unknown) => resolveReferences(part, resources);
  if (Array.isArray(value)) return value.map(resolve);
  if (typeof value !== 'object' || value === null) return value;
  const [[name, argument] = ['', undefined], ...more] = Object.entries(value);
  if (more.length === 0) {
    switch (name) {
      case 'Ref':
        return find(resources, String(argument)).ref;
      case 'Fn::GetAtt': {
        const path = Array.isArray(argument) ? argument.join('.') : String(argument);
        return findAttribute(resources, path);
      }
      case 'Fn::Join': {
        const [separator, parts] = resolve(argument) as [string, string[]];
        return parts.join(separator);
      }
      case 'Fn::Sub': {
        const [text, own = {}] = [argument].flat() as [string, Record<string, unknown>?];
        return text.replace(/\$\{([^!}][^}]*)\}/g, (_match, path: string) => {
          if (path in own) return String(resolve(own[path]));
          return path.includes('.') ? findAttribute(resources, path) : find(resources, path).ref;
        });
      }
    }
    if (name.startsWith('Fn::')) throw new Error(`${name} is not supported on this machine`);
  }
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, resolve(part)]));
}

function find(resources: Readonly<Record<string, LocalResource>>, id: string): LocalResource {
  const resource = resources[id];
  if (!resource) throw new Error(`${id} does not exist on this machine`);
  return resource;
}

function findAttribute(resources: Readonly<Record<string, LocalResource>>, path: string): string {
  const [id = '', ...attribute] = path.split('.');
  const value = find(resources, id).attributes?.[attribute.join('.')];
  if (value === undefined) throw new Error(`${path} does not exist on this machine`);
  return value;
}
