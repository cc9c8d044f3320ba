// The same job for BullMQ: bullmq_worker.js QUEUE CONCURRENCY.

import { readFile } from "node:fs/promises";
import { Worker } from "bullmq";
import { Redis } from "ioredis";

const service = process.env.SERVICE_URL;
const [queue, concurrency] = process.argv.slice(2);
const connection = new Redis(process.env.REDIS_URL, { maxRetriesPerRequest: null });

async function predict(job) {
  const form = new FormData();
  const photo = await readFile(job.data.path);
  form.append("image_file", new Blob([photo], { type: "image/jpeg" }), "photo.jpg");
  const answer = await fetch(`${service}/predict`, { method: "POST", body: form });
  if (!answer.ok) throw new Error(`the service answered ${answer.status}`);
  return (await answer.json()).result;
}

new Worker(queue, predict, { connection, concurrency: Number(concurrency) });
