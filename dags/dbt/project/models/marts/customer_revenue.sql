select
    customers.customer_id,
    customers.customer_name,
    customers.country,
    count(payments.payment_id) as settled_payments,
    coalesce(sum(payments.amount), 0)::numeric(14, 2) as revenue,
    max(payments.paid_on) as last_paid_on
from {{ ref('stg_customers') }} as customers
left join {{ ref('stg_payments') }} as payments
    on payments.customer_id = customers.customer_id
    and payments.status = 'settled'
group by 1, 2, 3
