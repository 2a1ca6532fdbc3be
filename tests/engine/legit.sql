-- SQL that analysts write, over the tables of sandbox_cases.make_workspace. Statements are separated by blank lines.

SELECT * FROM sales

FROM sales

FROM sales SELECT region, amount WHERE amount > 10 ORDER BY amount DESC LIMIT 5

SELECT count(*) FROM sales;

TABLE sales

VALUES (1, 'a'), (2, 'b')

SELECT region, sum(amount) AS total FROM sales GROUP BY region ORDER BY total DESC

SELECT region, sum(amount) AS total FROM main.sales GROUP BY ALL ORDER BY ALL

SELECT region, count(*) FILTER (WHERE returned) AS returns, count(*) AS n FROM sales GROUP BY 1 HAVING count(*) > 3

SELECT date_trunc('month', sold_on) AS month, round(avg(amount), 2) FROM sales GROUP BY month ORDER BY month

SELECT year(sold_on) y, quarter(sold_on) q, sum(amount) FROM sales GROUP BY y, q ORDER BY y, q

SELECT region, product, sum(amount) FROM sales GROUP BY ROLLUP (region, product) ORDER BY ALL

SELECT region, product, grouping(region, product) g, sum(amount) FROM sales GROUP BY CUBE (region, product)

SELECT region, returned, sum(amount) FROM sales GROUP BY GROUPING SETS ((region), (returned), ())

SELECT *, row_number() OVER (PARTITION BY region ORDER BY amount DESC) AS r FROM sales QUALIFY r <= 3

SELECT region, amount, rank() OVER w, dense_rank() OVER w, percent_rank() OVER w, cume_dist() OVER w, ntile(4) OVER w
FROM sales WINDOW w AS (PARTITION BY region ORDER BY amount DESC)

SELECT sold_on, sum(amount) OVER (ORDER BY sold_on ROWS BETWEEN 6 PRECEDING AND CURRENT ROW) AS moving FROM sales

SELECT sold_on, avg(amount) OVER (ORDER BY sold_on RANGE BETWEEN INTERVAL 30 DAYS PRECEDING AND CURRENT ROW) FROM sales

SELECT sold_on, lag(amount) OVER (ORDER BY id) AS before, lead(amount, 2, 0) OVER (ORDER BY id) AS later,
       first_value(amount) OVER (ORDER BY id), last_value(amount) OVER (ORDER BY id), nth_value(amount, 2) OVER (ORDER BY id)
FROM sales

SELECT sum(amount) OVER (ORDER BY id GROUPS BETWEEN 1 PRECEDING AND 1 FOLLOWING EXCLUDE CURRENT ROW) FROM sales

SELECT last_value(rating IGNORE NULLS) OVER (ORDER BY id) FROM sales

WITH monthly AS (SELECT date_trunc('month', sold_on) m, sum(amount) s FROM sales GROUP BY 1),
     growth AS (SELECT m, s, s / lag(s) OVER (ORDER BY m) - 1 AS change FROM monthly)
SELECT * FROM growth WHERE change > 0.05 ORDER BY m

WITH RECURSIVE days(d) AS (SELECT DATE '2024-01-01' UNION ALL SELECT d + 1 FROM days WHERE d < DATE '2024-01-31')
SELECT d, count(s.id) FROM days LEFT JOIN sales s ON s.sold_on = d GROUP BY d ORDER BY d

WITH a AS MATERIALIZED (SELECT 1 AS x), b(y) AS (SELECT x + 1 FROM a) SELECT * FROM a, b

WITH t AS (WITH u AS (SELECT 1 AS x) SELECT x FROM u) SELECT * FROM t

WITH sales AS (SELECT * FROM sales WHERE amount > 5) SELECT count(*) FROM sales

WITH recursive tree AS (SELECT 1 AS node, 0 AS depth UNION SELECT node * 2, depth + 1 FROM tree WHERE depth < 5) FROM tree

SELECT s.region, e.place.city FROM sales s JOIN events e ON s.id = e.id

SELECT * FROM sales s LEFT JOIN events e USING (id) WHERE e.id IS NULL

SELECT * FROM sales a FULL OUTER JOIN events b ON a.id = b.id LIMIT 3

SELECT * FROM sales SEMI JOIN events USING (id)

SELECT * FROM sales ANTI JOIN events USING (id)

SELECT * FROM sales a CROSS JOIN (VALUES (1), (2)) v(k) LIMIT 5

SELECT * FROM sales a NATURAL JOIN events LIMIT 5

SELECT a.id, b.id FROM sales a POSITIONAL JOIN events b LIMIT 5

SELECT * FROM sales a ASOF JOIN events b ON a.id >= b.id LIMIT 5

SELECT a.id, x.m FROM sales a, LATERAL (SELECT max(id) AS m FROM events e WHERE e.id < a.id) x LIMIT 5

SELECT * FROM sales WHERE product IN (SELECT product FROM sales GROUP BY 1 ORDER BY sum(amount) DESC LIMIT 3)

SELECT * FROM sales s WHERE amount > (SELECT avg(amount) FROM sales WHERE region = s.region)

SELECT * FROM sales s WHERE EXISTS (SELECT 1 FROM events e WHERE e.id = s.id AND e.place.zip > 50)

SELECT * FROM sales WHERE NOT EXISTS (SELECT 1 FROM events WHERE events.id = sales.id)

SELECT * FROM sales WHERE amount >= ALL (SELECT amount FROM sales)

SELECT * FROM sales WHERE amount = ANY (SELECT max(amount) FROM sales)

SELECT * FROM sales WHERE (region, product) IN (SELECT region, product FROM sales WHERE returned)

SELECT region FROM sales UNION SELECT "地区" FROM "订单"

SELECT region FROM sales UNION ALL BY NAME SELECT product AS region FROM sales LIMIT 5

SELECT id FROM sales INTERSECT SELECT id FROM events

SELECT id FROM sales EXCEPT ALL SELECT id FROM events ORDER BY 1 LIMIT 5

SELECT DISTINCT region FROM sales

SELECT DISTINCT ON (region) region, amount FROM sales ORDER BY region, amount DESC

SELECT * EXCLUDE (id, rating) FROM sales

SELECT * REPLACE (round(amount) AS amount) FROM sales

SELECT * RENAME (amount AS revenue) FROM sales

SELECT COLUMNS('.*o.*') FROM sales

SELECT COLUMNS(lambda c: c LIKE 's%') FROM sales

SELECT min(COLUMNS(* EXCLUDE (returned))) FROM sales

SELECT s.* FROM sales s

SELECT CASE WHEN amount > 100 THEN 'high' WHEN amount > 50 THEN 'middle' ELSE 'low' END AS class, count(*) FROM sales GROUP BY 1

SELECT CASE region WHEN 'East' THEN 1 ELSE 0 END FROM sales

SELECT coalesce(rating, 0), nullif(rating, 3), ifnull(rating, -1), if(returned, 1, 0) FROM sales

SELECT amount::INTEGER, CAST(amount AS DECIMAL(12, 2)), TRY_CAST(product AS DOUBLE), amount::VARCHAR FROM sales

SELECT rating IS NULL, rating IS NOT NULL, returned IS TRUE, returned IS NOT FALSE, rating IS DISTINCT FROM 3 FROM sales

SELECT * FROM sales WHERE amount BETWEEN 10 AND 20 AND quantity NOT BETWEEN 3 AND 5

SELECT * FROM sales WHERE product LIKE 'product 1%' AND region NOT LIKE '%th' AND product ILIKE '%T 1%' AND product NOT ILIKE 'x%'

SELECT * FROM sales WHERE product LIKE '10\%' ESCAPE '\'

SELECT * FROM sales WHERE product SIMILAR TO 'product [0-9]' AND region ~ '^(East|West)$' AND product GLOB 'p*'

SELECT regexp_extract(product, '(\d+)', 1), regexp_replace(product, '\d', '#', 'g'), regexp_matches(product, '1$'),
       regexp_extract_all(product, '\d'), regexp_full_match(product, '.*1'), regexp_split_to_array(product, ' ')
FROM sales

SELECT upper(region), lower(region), length(product), substr(product, 1, 3), substring(product FROM 2 FOR 3), left(product, 2),
       right(product, 2), trim(product), ltrim(product, 'p'), rtrim(product), replace(product, 'p', 'P'), concat(region, '-', product),
       concat_ws('/', region, product), region || ' ' || product, position('d' IN product), strpos(product, 'd'), reverse(product),
       repeat('x', 3), lpad(product, 12, '.'), rpad(product, 12, '.'), split_part(product, ' ', 2), string_split(product, ' '),
       starts_with(product, 'p'), ends_with(product, '1'), contains(product, 'o'), initcap FROM (SELECT *, 'x' AS initcap FROM sales)

SELECT format('{:,.2f}', amount), printf('%05.1f', amount), strftime(sold_on, '%Y年%m月'), chr(65), ascii('a'), md5(product), unicode('中') FROM sales

SELECT extract(year FROM sold_on), extract('dow' FROM sold_on), date_part('week', sold_on), dayname(sold_on), monthname(sold_on),
       isodow(sold_on), dayofyear(sold_on), last_day(sold_on), yearweek(sold_on), sold_on + INTERVAL 1 MONTH, sold_on - 7,
       date_diff('day', sold_on, DATE '2024-12-31'), datediff('month', sold_on, current_date), age(sold_at), epoch(sold_at),
       make_date(2024, 2, 29), strptime('2024-03-05', '%Y-%m-%d'), try_strptime('x', '%Y'), time_bucket(INTERVAL '1 week', sold_on),
       date_add(sold_on, INTERVAL 2 DAY), sold_at::TIME, sold_at AT TIME ZONE 'Asia/Shanghai', to_timestamp(0), hour(sold_at)
FROM sales

SELECT * FROM sales WHERE sold_on >= DATE '2023-01-01' AND sold_at < TIMESTAMP '2024-06-30 12:00:00' AND sold_at::DATE <> '2023-05-05'

SELECT * FROM sales WHERE sold_on > today() - INTERVAL '10 years' AND sold_at < now() AND sold_on < current_date

SELECT abs(-amount), ceil(amount), floor(amount), round(amount, 1), trunc(amount), mod(id, 7), id % 7, id // 7, power(amount, 2), amount ^ 2,
       amount ** 2, sqrt(amount), ln(amount + 1), log10(amount + 1), exp(1), sign(amount), greatest(amount, 5), least(amount, 5), pi(), random()
FROM sales

SELECT -amount, +amount, id & 3, id | 4, id << 2, ~id, xor(id, 3), amount / nullif(quantity, 0), 1e3, .5, 1_000, 0xFF FROM sales

SELECT median(amount), quantile_cont(amount, 0.9), quantile_disc(amount, [0.25, 0.75]), mode(region), stddev(amount), stddev_pop(amount),
       var_samp(amount), variance(amount), skewness(amount), kurtosis(amount), mad(amount), entropy(region), corr(amount, quantity),
       covar_pop(amount, quantity), regr_slope(amount, quantity), approx_count_distinct(product), approx_quantile(amount, 0.5),
       product(1.0), bool_and(returned), bool_or(returned), count_if(returned), any_value(region), first(region), last(region),
       arg_max(product, amount), arg_min(product, amount), max_by(product, amount), min_by(product, amount), sem(amount), geomean(amount + 1)
FROM sales

SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY amount), percentile_disc(0.9) WITHIN GROUP (ORDER BY amount DESC),
       mode() WITHIN GROUP (ORDER BY region) FROM sales

SELECT string_agg(DISTINCT region, ', ' ORDER BY region), list(product ORDER BY amount DESC), array_agg(DISTINCT region), group_concat(region),
       count(DISTINCT product), sum(DISTINCT quantity), histogram(region), max(amount, 3), arg_max(product, amount, 2), listagg(region, ';')
FROM sales

SELECT tags[1], tags[-1], tags[1:2], tags[:-2], len(tags), list_sum(tags), list_avg(tags), list_max(tags), list_sort(tags, 'DESC'),
       list_transform(tags, lambda x: x * 2), list_filter(tags, lambda x: x > 10), [x + 1 for x in tags if x % 2 = 0], list_reduce(tags, lambda a, b: a + b),
       list_contains(tags, 3), array_length(tags), list_distinct(tags), list_concat(tags, [9]), tags || [1], flatten([tags, tags]),
       list_aggregate(tags, 'sum'), list_zip(tags, tags), array_to_string(tags, ','), list_slice(tags, 1, 2), list_position(tags, 3), 3 IN tags
FROM events

SELECT place.city, place['zip'], struct_extract(place, 'city'), struct_pack(a := 1, b := 'x'), {'a': id, 'b': [1, 2]}, row(1, 2), (id, 'x') FROM events

SELECT attributes['k'], map_keys(attributes), map_values(attributes), map_entries(attributes), MAP {'a': 1}, cardinality(attributes),
       element_at(attributes, 'm'), map_from_entries([('a', 1)]) FROM events

SELECT id, unnest(tags) AS tag FROM events

SELECT id, unnest(place) FROM events

SELECT e.id, t.tag FROM events e, unnest(e.tags) AS t(tag) WHERE t.tag > 5

SELECT * FROM unnest([1, 2, 3]) WITH ORDINALITY AS t(value, position)

SELECT * FROM range(10) t(i) LEFT JOIN sales ON sales.id = i

SELECT * FROM generate_series(DATE '2024-01-01', DATE '2024-12-01', INTERVAL 1 MONTH) AS t(month)

SELECT payload->'$.a', payload->>'$.a', json_extract(payload, '$.b[0]'), json_extract_string(payload, 'a'), json_array_length(payload, '$.b'),
       json_valid(payload), json_type(payload), json_keys(payload), to_json(place), json_object('a', 1), payload::JSON FROM events

SELECT e.id, j.key, j.value FROM events e, json_each(e.payload) j LIMIT 10

SELECT * FROM (SELECT region, returned, amount FROM sales) PIVOT (sum(amount) FOR returned IN (TRUE, FALSE))

SELECT * FROM sales PIVOT (sum(amount) AS total, count(*) AS n FOR region IN ('East', 'West') GROUP BY product)

SELECT * FROM (SELECT id, amount, quantity FROM sales) UNPIVOT (value FOR measure IN (amount, quantity))

UNPIVOT (SELECT id, amount, quantity::DOUBLE AS quantity FROM sales) ON amount, quantity

SUMMARIZE sales

SUMMARIZE SELECT amount FROM sales

DESCRIBE sales

DESCRIBE SELECT region, amount FROM sales

SELECT column_name, null_percentage FROM (SUMMARIZE sales)

SELECT * FROM sales USING SAMPLE 10

SELECT * FROM sales TABLESAMPLE 10%

SELECT * FROM sales TABLESAMPLE reservoir(20 ROWS) REPEATABLE (42)

SELECT * FROM sales ORDER BY amount DESC NULLS LAST, id ASC NULLS FIRST LIMIT 10 OFFSET 5

SELECT * FROM sales LIMIT 10%

SELECT #1, #2 FROM sales ORDER BY #1

SELECT region COLLATE NOCASE AS r FROM sales ORDER BY r COLLATE NOACCENT

SELECT "地区", sum("金额") AS "销售额" FROM "订单" GROUP BY "地区" ORDER BY "销售额" DESC

SELECT 地区, sum(金额) 销售额 FROM 订单 WHERE 下单日期 >= '2023-06-01' AND NOT 已退货 GROUP BY 地区 ORDER BY 销售额 DESC

SELECT 客户, count(*) AS 订单数, sum(金额 * 数量) AS 合计 FROM 订单 GROUP BY 客户 HAVING 合计 > 1000 ORDER BY 合计 DESC LIMIT 10

SELECT strftime(下单日期, '%Y-%m') AS 月份, sum(金额) AS 金额, sum(金额) - lag(sum(金额)) OVER (ORDER BY strftime(下单日期, '%Y-%m')) AS 环比
FROM 订单 GROUP BY 月份 ORDER BY 月份

SELECT 地区, 客户, 金额, rank() OVER (PARTITION BY 地区 ORDER BY 金额 DESC) AS 名次 FROM 订单 QUALIFY 名次 <= 3

SELECT 地区, round(100 * sum(金额) / sum(sum(金额)) OVER (), 2) || '%' AS 占比 FROM 订单 GROUP BY 地区

SELECT length('你好，世界'), substring('数据分析', 1, 2), '华东' LIKE '华%', regexp_matches('订单2024', '[0-9]+'), strip_accents('é'), reverse('中文'), lower('ＡＢＣ')

SELECT 地区 FROM source.订单 WHERE 客户 IN ('客户1', '客户2') -- 注释；分号

SELECT /* 注释 ; */ count(*) FROM 订单 -- the end

SELECT "select", "a ""quoted"" col", "名 称" FROM "odd name; drop"

SELECT t."select" AS "from", t."名 称" AS "组;别" FROM main."odd name; drop" AS t

SELECT 'it''s; -- not /* a comment */' AS text, E'tab\there', $$dollar ' quoted; $$ AS d, $tag$ $$ ; $tag$

select Region, SUM(Amount) from SALES where Returned = false group by REGION

SELECT total: sum(amount), region FROM sales GROUP BY ALL

SELECT a.region, a.s, b.s, a.s - b.s AS difference
FROM (SELECT region, sum(amount) s FROM sales WHERE year(sold_on) = 2023 GROUP BY 1) a
JOIN (SELECT region, sum(amount) s FROM sales WHERE year(sold_on) = 2022 GROUP BY 1) b USING (region)

SELECT s.region, count(*) FROM sales s WHERE s.sold_on BETWEEN '2022-01-01' AND '2022-12-31' GROUP BY s.region ORDER BY 2 DESC

SELECT width, count(*) FROM (SELECT floor(amount / 20) * 20 AS width FROM sales) GROUP BY width ORDER BY width

SELECT ntile, min(amount), max(amount) FROM (SELECT amount, ntile(10) OVER (ORDER BY amount) FROM sales) x(amount, ntile) GROUP BY ntile

SELECT region, amount - avg(amount) OVER (PARTITION BY region) AS deviation FROM sales

SELECT region, sum(amount) / (SELECT sum(amount) FROM sales) AS share FROM sales GROUP BY region

SELECT count(*) AS n, count(rating) AS known, count(*) - count(rating) AS missing FROM sales

SELECT try(1 // 0), 1 / 0, 0 / 0 IS NULL, 5 // 2, -7 % 3

SELECT levenshtein('kitten', 'sitting'), jaro_winkler_similarity('ab', 'abc'), jaccard('ab', 'bc'), damerau_levenshtein('ab', 'ba'), hamming('ab', 'ac')

SELECT uuid(), gen_random_uuid(), hash(region), sha256(region), base64(encode('x')), url_encode('中'), typeof(amount) FROM sales LIMIT 1

SELECT ARRAY (SELECT DISTINCT region FROM sales ORDER BY 1), ARRAY[1, 2], [1, 2][1], {'a': 1}.a

SELECT 42 AS answer, NULL AS nothing, TRUE AND NOT FALSE OR NULL AS logic, 'a' < 'b', 1 <> 2, 1 != 2

SELECT region.upper().left(2) FROM sales

SELECT sum(amount).round(2) FROM sales

SELECT list_transform([1, 2], lambda x, i: x * i), list_apply(tags, lambda x: x + id) FROM events

SELECT * FROM sales WHERE list_contains(['East', 'West'], region) AND region IN ('East', 'West') AND product NOT IN ('x')

SELECT date_trunc('week', sold_at) AS week, count(*) FROM sales WHERE sold_at > (SELECT max(sold_at) FROM sales) - INTERVAL 8 WEEKS GROUP BY week

SELECT equi_width_bins(0, 100, 10, TRUE), generate_series(1, 5), range(0, 10, 2), bar(5, 0, 10, 10), format_bytes(123456), to_base(255, 16), bin(5), hex(255)

SELECT CAST('2024-01-01 10:00:00+08' AS TIMESTAMPTZ), '12:30'::TIME, '3 days'::INTERVAL, '{"a": 1}'::JSON, [1, 2]::DOUBLE[], {'a': 1}::STRUCT(a BIGINT), 'x'::ENUM ('x', 'y')
