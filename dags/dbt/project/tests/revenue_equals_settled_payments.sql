-- Fails, by returning a row, where the sum over customers differs from the sum over payments.
select marts.revenue as reported, payments.amount as paid
from (select sum(revenue) as revenue from {{ ref('customer_revenue') }}) as marts
cross join (select sum(amount) as amount from {{ ref('stg_payments') }} where status = 'settled') as payments
where marts.revenue is distinct from payments.amount
