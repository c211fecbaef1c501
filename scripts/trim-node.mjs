// Runs after `npm install`: removes the C++ headers from the packages that contain Node. They are a third
// of the size, and nothing here compiles against them.
import { readdirSync, rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const packages = fileURLToPath(new URL('../node_modules', import.meta.url));
for (const name of readdirSync(packages)) {
  if (/^node-(linux|win)-\w+$/.test(name)) {
    rmSync(`${packages}/${name}/include`, { recursive: true, force: true });
  }
}
