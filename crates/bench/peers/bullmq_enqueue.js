// Puts jobs in a queue of BullMQ: bullmq_enqueue.js QUEUE COUNT PHOTOS, where PHOTOS names a file
// each line.

import { readFile } from "node:fs/promises";
import { Queue } from "bullmq";
import { Redis } from "ioredis";

const [name, count, photos] = process.argv.slice(2);
const paths = (await readFile(photos, "utf8")).split("\n").filter(Boolean);
const connection = new Redis(process.env.REDIS_URL, { maxRetriesPerRequest: null });
const queue = new Queue(name, { connection });
for (let done = 0; done < Number(count); done += 500) {
  const some = Math.min(500, Number(count) - done);
  const job = (_, number) => ({
    name: "predict",
    data: { path: paths[(done + number) % paths.length] },
  });
  await queue.addBulk(Array.from({ length: some }, job));
}
await queue.close();
await connection.quit();
