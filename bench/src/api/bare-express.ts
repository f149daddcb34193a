import express from 'express'
import { Pool } from 'pg'

/** The minimum cost of a framework and a database: Express, its JSON parser and one raw insert. */
const pool = new Pool({ connectionString: process.env['DATABASE_URL'], max: 10 })
const app = express()
app.post('/rows', express.json(), async (request, response) => {
  const { rows } = await pool.query('INSERT INTO bare_rows (body) VALUES ($1) RETURNING id, body', [request.body])
  response.status(201).json(rows[0])
})
app.listen(Number(process.env['PORT']), '127.0.0.1')
